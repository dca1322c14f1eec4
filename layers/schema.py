"""The tables of a project file, a GeoPackage (OGC 12-128r18), and its version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import orjson

from layers.errors import ProjectError

#: How the names of projects end.
ENDING = ".city.gpkg"
#: Raised by one with every change to the tables; `UPGRADES` holds one step per version.
SCHEMA_VERSION = 5
#: What reading raises when the bytes within the file are no longer what was written.
DAMAGE = (sqlite3.DatabaseError, orjson.JSONDecodeError)
GEOPACKAGE_ID = 0x47504B47  # "GPKG"
GEOPACKAGE_VERSION = 10300

GEOPACKAGE_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
    table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
    scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
INSERT INTO gpkg_spatial_ref_sys VALUES
    ('Undefined cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined cartesian coordinates'),
    ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinates'),
    ('WGS 84 geodetic', 4326, 'EPSG', 4326,
     'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
     || 'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
     || 'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]',
     'longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid');
"""

#: Tables that a staging file of the import process shares with a project.
BULK_TABLES = """
CREATE TABLE object (
    fid INTEGER PRIMARY KEY, layer INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, parent TEXT,
    valid_from TEXT, valid_to TEXT, attributes TEXT NOT NULL, lods TEXT NOT NULL, surfaces TEXT NOT NULL,
    touched INTEGER NOT NULL DEFAULT 0, geom BLOB, gone INTEGER NOT NULL DEFAULT 0, replaces INTEGER);
CREATE TABLE piece (
    layer INTEGER NOT NULL, seq INTEGER NOT NULL, object INTEGER, role TEXT NOT NULL,
    start INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (layer, seq));
CREATE TABLE attribute (
    layer INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (layer, name)) WITHOUT ROWID;
"""

PROJECT_TABLES = """
CREATE TABLE project (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE layer (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, kind TEXT NOT NULL, crs TEXT,
    style TEXT NOT NULL DEFAULT '{}', visible INTEGER NOT NULL DEFAULT 1, opacity REAL NOT NULL DEFAULT 1,
    position INTEGER NOT NULL DEFAULT 0, lod TEXT NOT NULL DEFAULT '', epoch TEXT,
    present INTEGER NOT NULL DEFAULT 0, source_path TEXT NOT NULL DEFAULT '',
    source_sha256 TEXT NOT NULL DEFAULT '', source_format TEXT NOT NULL DEFAULT '',
    linked INTEGER NOT NULL DEFAULT 0, first_fid INTEGER NOT NULL DEFAULT 0,
    object_count INTEGER NOT NULL DEFAULT 0, box TEXT, facts TEXT NOT NULL DEFAULT '{}',
    report TEXT NOT NULL DEFAULT '{}', drawable TEXT, partner INTEGER, view TEXT, placement TEXT,
    series TEXT NOT NULL DEFAULT '', scenario INTEGER, reserved INTEGER NOT NULL DEFAULT 0);
CREATE VIRTUAL TABLE object_rtree USING rtree(fid, minx, maxx, miny, maxy, minz, maxz);
CREATE TABLE step (
    step INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL, who TEXT NOT NULL, at TEXT NOT NULL,
    why TEXT NOT NULL, state TEXT NOT NULL);
CREATE TABLE change (
    step INTEGER NOT NULL, seq INTEGER NOT NULL, tab TEXT NOT NULL, id INTEGER NOT NULL, key TEXT NOT NULL,
    before TEXT, after TEXT, PRIMARY KEY (step, seq)) WITHOUT ROWID;
CREATE TABLE epoch (id INTEGER PRIMARY KEY, name TEXT NOT NULL, date TEXT NOT NULL);
"""

RESULT_TABLES = """
CREATE TABLE result (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, title TEXT NOT NULL, made_at TEXT NOT NULL,
    facts BLOB NOT NULL, present INTEGER NOT NULL DEFAULT 0);
CREATE TABLE result_block (
    result INTEGER NOT NULL, tab TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL,
    data BLOB NOT NULL, UNIQUE (result, tab, name, seq));
"""

#: Shapes that were edited, of objects by fid: what `layers.shapes.Shape` says as text.
SHAPE_TABLES = """
CREATE TABLE shape (object INTEGER PRIMARY KEY, data TEXT NOT NULL);
"""

#: Alternatives to the city as it is: what stands in them instead lies in layers of their own, `absent` holds
#: what does not stand in them; and what people said of two objects of different dates: same or different.
TIME_TABLES = """
CREATE TABLE scenario (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, parent INTEGER, epoch TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'proposed', color TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
    present INTEGER NOT NULL DEFAULT 0);
CREATE TABLE absent (
    scenario INTEGER NOT NULL, object INTEGER NOT NULL, PRIMARY KEY (scenario, object)) WITHOUT ROWID;
CREATE TABLE identity (
    object INTEGER NOT NULL, other INTEGER NOT NULL, verdict TEXT NOT NULL,
    PRIMARY KEY (object, other)) WITHOUT ROWID;
"""

#: Files that were made with fewer of them get the others when they are opened.
INDEXES = """
CREATE INDEX IF NOT EXISTS change_of ON change (tab, id);
CREATE INDEX IF NOT EXISTS change_of_key ON change (tab, key, id);
CREATE INDEX IF NOT EXISTS object_named ON object (id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS piece_by_object ON piece (object) WHERE object IS NOT NULL;
CREATE INDEX IF NOT EXISTS object_by_parent ON object (parent) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS object_gone ON object (layer) WHERE gone = 1;
DROP INDEX IF EXISTS object_by_id;
"""


def create(connection: sqlite3.Connection) -> None:
    """Make an empty project in an empty database."""
    connection.executescript(
        f"PRAGMA application_id={GEOPACKAGE_ID}; PRAGMA user_version={GEOPACKAGE_VERSION};"
        f"BEGIN; {GEOPACKAGE_TABLES} {BULK_TABLES} {PROJECT_TABLES} {RESULT_TABLES} {SHAPE_TABLES}"
        f"{TIME_TABLES} {INDEXES}"
        f"INSERT INTO project VALUES ('schema_version', '{SCHEMA_VERSION}');"
        # A registered attributes table tells GDAL to list only what is registered.
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description)"
        " VALUES ('step', 'attributes', 'edit journal', 'who changed what, when and why');"
        "COMMIT;"
    )


def add_indexes(connection: sqlite3.Connection) -> None:
    """Give a file of an earlier version the indexes that it lacks."""
    connection.executescript(INDEXES)


def _add_results(connection: sqlite3.Connection) -> None:
    """Version 2 keeps the results of analyses."""
    _execute(connection, RESULT_TABLES)


def _add_shapes(connection: sqlite3.Connection) -> None:
    """Version 3 keeps edited shapes of objects, and layers that were placed by hand."""
    _execute(connection, SHAPE_TABLES)
    connection.execute("ALTER TABLE layer ADD COLUMN placement TEXT")
    _say_what_was_set_down(connection)


def _say_what_was_set_down(connection: sqlite3.Connection) -> None:
    """Models that name no place on Earth were put into the middle of the project without a word."""
    from layers.crs import LOCAL
    from layers.siting import set_down

    facts = dict(connection.execute("SELECT key, value FROM project WHERE key IN ('crs', 'origin')"))
    if facts.get("crs") in (None, LOCAL) or "origin" not in facts:
        return
    found = connection.execute("SELECT id, facts FROM layer WHERE crs = ? AND present >= 0", (LOCAL,))
    for number, told in found.fetchall():
        box = orjson.loads(told).get("layer_box")
        if box:
            placement = set_down(box, orjson.loads(facts["origin"])).text()
            connection.execute("UPDATE layer SET placement = ? WHERE id = ?", (placement, number))


def _mend_heights(connection: sqlite3.Connection) -> None:
    """Version 4 has boxes of networks and vector layers in feet at their heights, which are in metres."""
    from layers.resiting import mend_heights

    mend_heights(connection)


def _add_time(connection: sqlite3.Connection) -> None:
    """Version 5 keeps scenarios, series of snapshots, and objects that were taken away or added."""
    _execute(connection, TIME_TABLES)
    for column in (
        "layer ADD COLUMN series TEXT NOT NULL DEFAULT ''",
        "layer ADD COLUMN scenario INTEGER",
        "layer ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0",
        "object ADD COLUMN gone INTEGER NOT NULL DEFAULT 0",
        "object ADD COLUMN replaces INTEGER",
    ):
        connection.execute(f"ALTER TABLE {column}")


def _execute(connection: sqlite3.Connection, statements: str) -> None:
    """Carry out statements one by one, so that the transaction under way holds them all."""
    for statement in filter(str.strip, statements.split(";")):
        connection.execute(statement)


#: What makes a file of version 1, 2, … one of the next version.
UPGRADES: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _add_results,
    _add_shapes,
    _mend_heights,
    _add_time,
)


#: Versions from which on files have placements and shapes; scenarios and what is gone.
WITH_SHAPES, WITH_TIME = 3, 5
_LAYER_COLUMNS = (
    (WITH_SHAPES, "NULL AS placement"),
    (WITH_TIME, "'' AS series, NULL AS scenario, 0 AS reserved"),
)


def stand_in(connection: sqlite3.Connection, version: int) -> None:
    """Let a file of an earlier version, that may only be read, answer as one of this version does."""
    lacks = [columns for since, columns in _LAYER_COLUMNS if version < since]
    if lacks:
        connection.execute(f"CREATE TEMP VIEW layer AS SELECT *, {', '.join(lacks)} FROM main.layer")
    if version < WITH_SHAPES:
        _execute(connection, SHAPE_TABLES.replace("CREATE TABLE", "CREATE TEMP TABLE"))
    if version < WITH_TIME:
        connection.execute(
            "CREATE TEMP VIEW object AS SELECT *, 0 AS gone, NULL AS replaces FROM main.object"
        )
        _execute(connection, TIME_TABLES.replace("CREATE TABLE", "CREATE TEMP TABLE"))


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring a file of an earlier version, that `check` let pass, up to this one; all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        ((version,),) = connection.execute("SELECT value FROM project WHERE key = 'schema_version'")
        for step in UPGRADES[int(version) - 1 :]:
            step(connection)
        connection.execute(
            "UPDATE project SET value = ? WHERE key = 'schema_version'", (str(SCHEMA_VERSION),)
        )
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def is_project(path: Path) -> bool:
    """Whether a file is a project: by its name, whatever became of what is in it, or by what is in it."""
    if not path.is_file():
        return False
    if path.name.lower().endswith(ENDING):
        return True
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM project WHERE key = 'schema_version'").fetchone()
    except sqlite3.Error:
        return False
    return found is not None


def check(connection: sqlite3.Connection, where: str) -> int:
    """The version of a file; refuses one that is no project, or that a newer version made."""
    try:
        row = connection.execute("SELECT value FROM project WHERE key = 'schema_version'").fetchone()
    except sqlite3.DatabaseError as error:
        raise ProjectError(
            "This is not a Citystrata project",
            where=where,
            found=str(error),
            do="Open a file that ends in .city.gpkg, or import this one into a project",
        ) from error
    version = int(row[0]) if row and str(row[0]).isdigit() else 0
    if version > SCHEMA_VERSION:
        raise ProjectError(
            "This project was made by a newer version of Citystrata",
            where=where,
            found=f"project version {version}",
            allowed=f"up to {SCHEMA_VERSION}",
            do="Install the newest version to open it; nothing was changed",
        )
    if version < 1:
        raise ProjectError("This project has no version and may be damaged", where=where)
    return version
