"""A chain whose names are as strange as names can be, and one that is plain: for tests of the report."""

import serviceflow as sf

NAMES = {
    "provider": "<script>alert(1)</script>",
    "other": 'Ärzte & Söhne "GmbH" ]]> </script><img src=x onerror=alert(2)>',
    "service": '=HYPERLINK("http://x") {label} \\N \\G',
    "second": "前台接待 😀 \u202eevil\u202c",
    "consumer": "'; DROP TABLE -- {{7*7}} ${7*7}",
    "stock": "x" * 200,
    "scenario": "</style><b>bold</b>",
    "chain": "--&gt; <svg/onload=alert(3)> 'quoted' & \"more\"",
}


def hostile_chain():
    n = NAMES
    chain = sf.ServiceChain(n["chain"], run={"duration": "2 days", "replications": 2, "seed": 7})
    chain.add_provider(n["provider"], staff=1, cost="30 per hour")
    chain.add_provider(n["other"], staff=1)
    chain.add_stock(n["stock"], initial=40)
    chain.add_service(n["service"], provider=n["provider"], duration="exponential(mean=8 min)")
    chain.add_service(
        n["second"], provider=n["other"], duration="exponential(mean=6 min)", produces={n["stock"]: 1}
    )
    chain.add_consumer(
        n["consumer"],
        arrivals={"rate": "6 per hour"},
        enters=n["service"],
        sla={"resolution": "90% within 30 min", "penalty": 5},
    )
    chain.add_handoff(n["service"], n["second"], every="10 min", delay="2 min")
    chain.add_scenario(n["scenario"], changes={"providers": {n["provider"]: {"staff": 2}}})
    return chain
