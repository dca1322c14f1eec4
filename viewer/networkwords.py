"""What lines and nodes of networks are called in a legend, by their types in files of several countries."""

from __future__ import annotations

from functools import cache

#: A plural, and how the types begin or end that are such a thing; the first that fits counts.
WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Cable beds", ("kabelbed",)),
    ("Cables", ("kabel", "cable")),
    ("Ducts", ("mantelbuis", "duct")),
    ("Valves", ("valve",)),
    ("Pumps", ("pump",)),
    ("Orifices", ("orifice",)),
    ("Weirs", ("weir",)),
    ("Outlets", ("outlet",)),
    ("Pipes", ("pipe", "conduit", "leiding", "rohr", "haltung", "canal")),
    ("Reservoirs", ("reservoir",)),
    ("Tanks", ("tank",)),
    ("Storage units", ("storage",)),
    ("Outfalls", ("outfall",)),
    ("Dividers", ("divider",)),
    ("Junctions", ("junction",)),
    ("Manholes", ("manhole", "mangat", "schacht", "wastewaterstructure")),
    ("Joints and fittings", ("appurtenance",)),
    ("Technical buildings", ("technischgebouw",)),
    ("Cabinets", ("kast", "cabinet")),
    ("Masts and poles", ("mast", "pole")),
    ("Towers", ("toren", "tower")),
    ("Links", ("link",)),
    ("Nodes", ("node",)),
)


@cache
def plural(type_name: str) -> str:
    """What many objects of a type are called; the type itself where no word is known for it."""
    name = type_name.casefold()
    found = (
        title for title, ends in WORDS if any(name.startswith(end) or name.endswith(end) for end in ends)
    )
    return next(found, type_name or "Objects")
