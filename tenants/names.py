"""Invented names for the demo's people. Surnames are put together from parts, so that they are nobody's on purpose."""

from collections.abc import Mapping, Sequence
from random import Random

FIRST = (
    *("Ash", "Birk", "Calder", "Dern", "Elver", "Fen", "Garth", "Hazel", "Ings", "Kettle", "Lark", "Mickle", "Nether"),
    *("Oaken", "Pelling", "Quarr", "Raven", "Silver", "Thorn", "Under", "Wether", "Yarrow"),
)
LAST = (
    *("beck", "brook", "by", "combe", "croft", "dale", "fell", "field", "garth", "gill", "holm", "hope", "law", "mere"),
    *("rigg", "shaw", "side", "thwaite", "wick", "worth"),
)

WOMEN: Mapping[str, Sequence[str]] = {
    "white": (
        *(
            "Alison",
            "Amy",
            "Angela",
            "Beth",
            "Carol",
            "Catherine",
            "Cheryl",
            "Claire",
            "Dawn",
            "Debra",
            "Eleanor",
            "Emma",
        ),
        *(
            "Fiona",
            "Gail",
            "Gemma",
            "Hannah",
            "Heather",
            "Helen",
            "Jackie",
            "Janet",
            "Jill",
            "Joanne",
            "Julie",
            "Karen",
        ),
        *("Kate", "Kelly", "Laura", "Leanne", "Linda", "Lisa", "Lynn", "Margaret", "Maria", "Maureen", "Michelle"),
        *("Natalie", "Nicola", "Pauline", "Rachel", "Rebecca", "Ruth", "Samantha", "Sandra", "Sarah", "Sharon"),
        *("Stephanie", "Susan", "Tracey", "Vicky", "Wendy", "Yvonne", "Zoe"),
    ),
    "asian": (
        "Aisha",
        "Amina",
        "Anjali",
        "Fatima",
        "Farah",
        "Meena",
        "Nasreen",
        "Parveen",
        "Priya",
        "Rukhsana",
        "Sunita",
    ),
    "black": ("Abena", "Adaeze", "Amara", "Chidinma", "Folake", "Grace", "Ifeoma", "Marcia", "Ngozi", "Precious"),
    "eastern": ("Agnieszka", "Beata", "Elena", "Ewa", "Ioana", "Magdalena", "Oksana", "Zuzana"),
}
MEN: Mapping[str, Sequence[str]] = {
    "white": (
        *("Adam", "Alan", "Andrew", "Anthony", "Barry", "Brian", "Carl", "Chris", "Colin", "Craig", "Daniel", "Darren"),
        *("David", "Dean", "Derek", "Gareth", "Gary", "Geoff", "Graham", "Ian", "James", "Jason", "John", "Keith"),
        *(
            "Kevin",
            "Lee",
            "Mark",
            "Martin",
            "Matthew",
            "Michael",
            "Neil",
            "Nigel",
            "Paul",
            "Peter",
            "Philip",
            "Richard",
        ),
        *("Robert", "Ross", "Sean", "Simon", "Stephen", "Stuart", "Terry", "Thomas", "Tony", "Wayne"),
    ),
    "asian": ("Ahmed", "Anil", "Faisal", "Hassan", "Imran", "Javed", "Rajesh", "Sanjay", "Tariq", "Yusuf"),
    "black": ("Chukwudi", "Emmanuel", "Kofi", "Kwame", "Leon", "Marcus", "Samuel", "Tunde"),
    "eastern": ("Andrei", "Jakub", "Marek", "Piotr", "Taras", "Tomasz"),
}
CHILDREN = (
    *("Alfie", "Amelia", "Archie", "Ava", "Callum", "Chloe", "Ella", "Ethan", "Evie", "Finley", "Freya", "Grace"),
    *(
        "Harry",
        "Isla",
        "Jack",
        "Jacob",
        "Jessica",
        "Lily",
        "Logan",
        "Lucas",
        "Maisie",
        "Mason",
        "Mia",
        "Noah",
        "Olivia",
    ),
    *("Oscar", "Poppy", "Riley", "Ruby", "Sophie", "Theo", "Toby"),
)


def surname(rng: Random) -> str:
    """One of some four hundred surnames."""
    return rng.choice(FIRST) + rng.choice(LAST)


def given(rng: Random, sex: str, group: str = "white") -> str:
    """A given name for a woman (F) or a man (M) of a name group: white, asian, black or eastern."""
    return rng.choice((WOMEN if sex == "F" else MEN)[group])


def staff(rng: Random, taken: set[str]) -> str:
    """A name for a member of staff that no other has; it is added to `taken`."""
    while True:
        group = rng.choices(("white", "asian", "black", "eastern"), (88, 6, 4, 2))[0]
        name = f"{given(rng, rng.choice('FFM'), group)} {surname(rng)}"
        if name not in taken:
            taken.add(name)
            return name
