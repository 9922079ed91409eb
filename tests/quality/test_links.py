"""Links between departments, the catalogue of services, and what is agreed on them."""

import re

import pytest

import serviceflow as sf

OFFICE = """
serviceflow: 1
name: Office
run: {duration: 4 h, replications: 2, seed: 1}
providers:
  IT: {staff: 2, labels: {rank: staff, site: tower}}
  Purchasing: {staff: 1}
  Stores: {staff: 1}
  Sales: {staff: 1, labels: {rank: line}}
stocks:
  Laptops: {initial: 5, reorder: {below: 2, quantity: 5, enters: Order laptops}}
services:
  Set up: {provider: IT, duration: 20 min, consumes: {Laptops: 1}, labels: {content: support}}
  Approve: {provider: Purchasing, duration: 5 min, labels: {kind: decision}}
  Order laptops: {provider: Purchasing, duration: 10 min}
  Receive laptops: {provider: Stores, duration: 10 min, produces: {Laptops: quantity}}
  Use: {provider: Sales, duration: 5 min}
  Await: {duration: 1 h}
consumers:
  Sales:
    arrivals: {rate: 1 per hour}
    sla: {resolution: 90% within 2 h, first_time_right: 95%}
    needs: {resolution: 95% within 1 h}
handoffs:
  Sales -> Set up: {delay: 1 min}
  Set up -> Use: {labels: {content: information, customer: rank}}
  Use -> Use via again: {probability: 1%}
  Use -> end: {}
  Order laptops -> Await: {}
  Await -> Receive laptops: {}
calls:
  Set up -> Approve: {sla: {response: 80% within 10 min}, needs: {response: 90% within 5 min}}
"""


@pytest.fixture(scope="module")
def chain():
    return sf.loads(OFFICE)


class TestLinks:
    def test_all_of_them(self, chain):
        assert chain.links().names == (
            "Sales -> IT",
            "Laptops -> Purchasing",
            "IT -> Sales",
            "Purchasing -> Await",
            "Await -> Stores",
            "IT -> Purchasing",
        )

    def test_the_five_elements(self, chain):
        link = chain.links().of("Sales -> IT")
        assert (link.receiver, link.provider) == ("Sales", "IT")
        assert link.services == ("Set up",)
        assert link.content == ("support",)
        assert link.standard == "resolution 90% within 2 h; 95% right first time"
        assert [str(need) for need in link.needs] == ["resolution 95% within 1 h"]

    def test_a_consumer_that_enters_by_its_own_handoff_keeps_its_promise(self, chain):
        link = chain.links().of("Sales -> IT")
        assert [promise.name for promise in link.promises] == ["Sales: resolution", "Sales: first time right"]
        assert ("handoff", "Sales -> Set up") in link.ways

    def test_names_of_promises_are_those_of_the_results(self, chain):
        results = chain.simulate(engine="simpy")
        mine = {promise.name for link in chain.links() for promise in link.promises}
        assert mine == set(results.kpis.query("scope == 'sla'")["name"])

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("IT -> Purchasing", ("decision",)),
            ("IT -> Sales", ("information",)),
            ("Laptops -> Purchasing", ("material",)),
            ("Await -> Stores", ("material",)),
            ("Purchasing -> Await", ()),
        ],
    )
    def test_content_is_what_labels_say_or_material_where_stocks_are_filled(self, chain, name, content):
        assert chain.links().of(name).content == content

    @pytest.mark.parametrize(
        ("name", "kinds"),
        [
            ("Sales -> IT", ("function", "sequence of work", "rank")),
            ("IT -> Purchasing", ("function",)),
            ("Await -> Stores", ("sequence of work",)),
            ("IT -> Sales", ("rank",)),
        ],
    )
    def test_what_makes_a_customer(self, chain, name, kinds):
        assert chain.links().of(name).customer == kinds

    def test_rank_and_site(self, chain):
        link = chain.links().of("Sales -> IT")
        assert link.rank == ("line", "staff")
        assert link.site == ("", "tower")

    def test_a_department_asks_itself_only_by_promise(self, chain):
        assert "Sales -> Sales" not in chain.links().names
        own = chain.change({"handoffs": {"Use -> Use via again": {"needs": {"response": "90% within 1 h"}}}})
        assert "Sales -> Sales" in own.links().names

    def test_outages_ask_for_their_repair(self):
        chain = sf.ServiceChain("Works")
        chain.add_provider("Machines", staff=2, outages={"after": "8 h", "repair": "Mend"})
        chain.add_provider("Fitters", staff=1)
        chain.add_service("Mill", provider="Machines", duration="5 min")
        chain.add_service("Mend", provider="Fitters", duration="30 min")
        chain.add_consumer("Orders", arrivals={"rate": "4 per hour"}, enters="Mill")
        assert "Machines -> Fitters" in chain.links().names

    def test_an_unknown_name(self, chain):
        with pytest.raises(sf.UnknownNameError, match=r"^there is no link 'Sales -> HR'; did you mean 'Sale"):
            chain.links().of("Sales -> HR")

    def test_it_is_a_sequence_and_a_table(self, chain):
        links = chain.links()
        assert len(links) == len(list(links)) == len(links.table) == 6
        assert links[0].name == links.table.loc[0, "link"]
        assert len(links[1:]) == 5
        assert repr(links) == "ServiceLinks(6 links of 6 departments, 4 without a promise)"

    def test_names_are_escaped(self):
        chain = sf.ServiceChain("X")
        chain.add_provider("<b>A</b>", staff=1)
        chain.add_service("<i>", provider="<b>A</b>", duration="1 min")
        chain.add_consumer("<u>", arrivals={"rate": "1 per hour"}, enters="<i>")
        for page in (chain.links()._repr_html_(), chain.service_catalogue()._repr_html_()):
            assert "<b>A" not in page
            assert "&lt;b&gt;" in page


class TestCatalogue:
    def test_offers_and_asks(self, chain):
        table = chain.service_catalogue().table
        mine = table[table["department"] == "IT"]
        assert mine[["direction", "service", "partner"]].to_numpy().tolist() == [
            ["offers", "Set up", "Sales"],
            ["asks", "Use", "Sales"],
            ["asks", "Approve", "Purchasing"],
        ]

    def test_a_page(self, chain):
        page = chain.service_catalogue().page("IT")
        assert "resolution 90% within 2 h" in page
        assert "rank: staff, site: tower" in page

    def test_a_page_of_nobody(self, chain):
        with pytest.raises(sf.UnknownNameError, match=r"^there is no department 'HR'"):
            chain.service_catalogue().page("HR")

    def test_a_file(self, chain, tmp_path):
        path = tmp_path / "catalogue.html"
        chain.service_catalogue().save(path)
        text = path.read_text("utf-8")
        assert text.count("<section>") == len(chain.service_catalogue().departments)
        assert "default-src 'none'" in text or "default-src &#x27;none&#x27;" in text
        assert not re.search(r"(src|href)=.http|<script", text)


class TestNeeds:
    def test_they_go_through_a_file(self, chain, tmp_path):
        chain.save(tmp_path / "office.yaml")
        again = sf.load(tmp_path / "office.yaml")
        assert again == chain
        assert str(again.consumers["Sales"].needs.resolution) == "95% within 1 h"

    def test_a_scenario_may_change_them(self, chain):
        changed = chain.change({"consumers": {"Sales": {"needs": {"resolution": "99% within 1 h"}}}})
        assert str(changed.consumers["Sales"].needs.resolution) == "99% within 1 h"
        assert chain.change({"consumers": {"Sales": {"needs": None}}}).consumers["Sales"].needs is None

    def test_undefined_names_are_found(self, chain):
        wrong = chain.change({"consumers": {"Sales": {"needs": {"until": "Nowhere", "clock": "never"}}}})
        with pytest.raises(sf.ModelError) as caught:
            wrong.validate()
        assert str(caught.value) == (
            "consumers.Sales.needs.clock: there is no calendar 'never'\n"
            "consumers.Sales.needs.until: there is no service 'Nowhere'"
        )

    def test_nothing_is_held_to_them(self, chain):
        needless = {"needs": None}
        bare = chain.change({"consumers": {"Sales": needless}, "calls": {"Set up -> Approve": needless}})
        one, other = (found.simulate(engine="simpy", seed=3) for found in (chain, bare))
        assert one.kpis.equals(other.kpis)


class TestFinding:
    def notes(self, chain):
        return [str(note) for note in chain.check().notes if "agreed" in str(note)]

    def test_links_on_which_nothing_is_agreed(self, chain):
        assert self.notes(chain) == [
            "note: nothing is agreed on 1 of 3 links between departments: IT -> Sales; agree on an sla,"
            " or leave it on purpose"
        ]

    def test_a_chain_that_promises_nothing_is_not_blamed(self, chain):
        nothing = {"sla": None}
        bare = chain.change({"consumers": {"Sales": nothing}, "calls": {"Set up -> Approve": nothing}})
        assert self.notes(bare) == []

    def test_a_chain_that_promises_everything(self, chain):
        sla = {"resolution": "90% within 1 h"}
        assert self.notes(chain.change({"handoffs": {"Set up -> Use": {"sla": sla}}})) == []
