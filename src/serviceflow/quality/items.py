"""The items of the instruments that are shipped, in words of our own, in English and in Chinese.

The five dimensions are those of Parasuraman, Zeithaml and Berry (1988). The texts of their questionnaire are
not free; these were written for services between departments and have not been validated elsewhere: the
reliability of a scale is to be looked at in each survey.
"""

from __future__ import annotations

Row = tuple[str, str, str, str]
"""Level of experience, short title, English, Chinese."""

DIMENSION_LABELS: dict[str, dict[str, str]] = {
    "tangibles": {"en": "Tangibles", "zh": "有形性"},
    "reliability": {"en": "Reliability", "zh": "可靠性"},
    "responsiveness": {"en": "Responsiveness", "zh": "响应性"},
    "assurance": {"en": "Assurance", "zh": "保证性"},
    "empathy": {"en": "Empathy", "zh": "关怀性"},
}

FIVE_DIMENSIONS: dict[str, tuple[Row, ...]] = {
    "tangibles": (
        ("basic", "tools", "Their tools and systems are fit for the work.", "他们的工具和系统足以胜任工作。"),
        (
            "satisfied",
            "clear papers",
            "Forms, lists and messages from them are easy to read.",
            "他们的表单、清单和消息清楚易读。",
        ),
        (
            "satisfied",
            "order",
            "What they hand over is in good order: labeled, packed, filed.",
            "他们交付的东西井然有序：有标签、有包装、有归档。",
        ),
        (
            "satisfied",
            "findable",
            "It is easy to see where and through which channel to reach them.",
            "很容易知道在哪里、通过什么渠道找到他们。",
        ),
    ),
    "reliability": (
        (
            "basic",
            "on the day",
            "What they promise for a date is there on that date.",
            "答应哪天完成，哪天就完成。",
        ),
        (
            "basic",
            "right first",
            "What we get from them is right the first time.",
            "他们交给我们的东西第一次就是对的。",
        ),
        ("basic", "complete", "What we get from them is complete.", "他们交给我们的东西是完整的。"),
        (
            "satisfied",
            "sees it through",
            "When something goes wrong, they see it through until it is solved.",
            "出了问题，他们会一直跟到解决为止。",
        ),
        (
            "basic",
            "records",
            "Their records of our requests can be trusted.",
            "他们对我们请求的记录是可以信赖的。",
        ),
    ),
    "responsiveness": (
        (
            "satisfied",
            "says when",
            "They tell us in advance when it will be done.",
            "他们会事先告诉我们什么时候能办好。",
        ),
        (
            "basic",
            "starts soon",
            "They begin soon after we have asked.",
            "我们提出请求后，他们很快就着手处理。",
        ),
        (
            "satisfied",
            "room for urgent",
            "They find room for a request that is urgent.",
            "遇到紧急请求，他们能腾出时间处理。",
        ),
        (
            "satisfied",
            "answers",
            "Questions to them get an answer within the day.",
            "向他们提问，当天就有答复。",
        ),
    ),
    "assurance": (
        ("basic", "knows the job", "Those who serve us know their job.", "为我们服务的人精通自己的业务。"),
        (
            "satisfied",
            "explains",
            "They can explain what they do and why.",
            "他们能说明自己做什么、为什么这样做。",
        ),
        (
            "basic",
            "safe hands",
            "What we entrust to them is in safe hands.",
            "我们交托给他们的事情让人放心。",
        ),
        (
            "satisfied",
            "manners",
            "They treat us with respect, also under pressure.",
            "即使在压力之下，他们也尊重我们。",
        ),
    ),
    "empathy": (
        (
            "delighted",
            "knows our work",
            "They know what we need their work for.",
            "他们知道我们拿他们的成果做什么用。",
        ),
        (
            "delighted",
            "own contact",
            "We have somebody there who looks after our matters.",
            "他们那里有专人照顾我们的事务。",
        ),
        (
            "satisfied",
            "hours",
            "They can be reached at the hours when we need them.",
            "在我们需要的时间能找到他们。",
        ),
        (
            "delighted",
            "goes our way",
            "They adapt where our case is not the usual one.",
            "我们的情况特殊时，他们会灵活变通。",
        ),
        (
            "unexpected",
            "thinks ahead",
            "They warn us of things that we had not thought of.",
            "他们会提醒我们自己没有想到的事情。",
        ),
    ),
}

INTERNAL: dict[str, tuple[Row, ...]] = {
    "reliability": (
        (
            "basic",
            "on time",
            "We get what we asked for by the time agreed.",
            "我们要的东西能按约定时间拿到。",
        ),
        ("basic", "right and whole", "What we get is right and complete.", "我们拿到的东西正确而完整。"),
    ),
    "responsiveness": (
        (
            "basic",
            "quick start",
            "They take up our requests without delay.",
            "他们毫不拖延地处理我们的请求。",
        ),
        (
            "satisfied",
            "keeps us posted",
            "We know how far our request is without having to ask.",
            "不用打听，我们就知道请求办到了哪一步。",
        ),
    ),
    "assurance": (
        (
            "basic",
            "competence",
            "They have the knowledge that the work takes.",
            "他们具备完成工作所需的知识。",
        ),
        (
            "satisfied",
            "openness",
            "They say openly what they can and cannot do.",
            "能做什么、不能做什么，他们坦率相告。",
        ),
    ),
    "empathy": (
        (
            "delighted",
            "understanding",
            "They understand our work and its pressures.",
            "他们理解我们的工作和压力。",
        ),
        ("delighted", "together", "Problems between us are solved together.", "我们之间的问题是一起解决的。"),
    ),
    "tangibles": (
        (
            "satisfied",
            "one channel",
            "There is one clear way to ask them for something.",
            "请他们办事有一条明确的途径。",
        ),
        (
            "basic",
            "means",
            "They have the means that their work for us takes.",
            "他们具备为我们服务所需的条件。",
        ),
    ),
}

OVERALL: dict[str, str] = {
    "en": "All in all, how content are you with what you get from them?",
    "zh": "总的来说，您对从他们那里得到的服务有多满意？",
}
