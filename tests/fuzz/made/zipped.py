"""Archives of what other makers make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.fuzz.made import texts, tilesets, vector
from tests.zipdamage import Entry, archive_of

WALL = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('ViewDefinition [ReferenceView]'),'2;1');
FILE_NAME('wall.ifc','2000-01-01T00:00:00',(''),(''),'','','');
FILE_SCHEMA(('IFC4'));
ENDSEC;
DATA;
#1=IFCCARTESIANPOINT((0.,0.,0.));
#2=IFCAXIS2PLACEMENT3D(#1,$,$);
#3=IFCLOCALPLACEMENT($,#2);
#4=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-05,#2,$);
#5=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);
#6=IFCUNITASSIGNMENT((#5));
#7=IFCPROJECT('0000000000000000000007',$,'town',$,$,$,$,(#4),#6);
#8=IFCSITE('0000000000000000000008',$,'site',$,$,#3,$,$,.ELEMENT.,(52,30,0),(13,24,0),34.,$,$);
#9=IFCRELAGGREGATES('0000000000000000000009',$,$,$,#7,(#8));
#10=IFCRECTANGLEPROFILEDEF(.AREA.,$,$,4.,1.);
#11=IFCDIRECTION((0.,0.,1.));
#12=IFCEXTRUDEDAREASOLID(#10,#2,#11,3.);
#13=IFCSHAPEREPRESENTATION(#4,'Body','SweptSolid',(#12));
#14=IFCPRODUCTDEFINITIONSHAPE($,$,(#13));
#15=IFCWALL('0000000000000000000015',$,'Wand',$,$,#3,#14,$,$);
#16=IFCRELCONTAINEDINSPATIALSTRUCTURE('0000000000000000000016',$,$,$,(#15),#8);
#17=IFCPROPERTYSINGLEVALUE('FireRating',$,IFCLABEL('F90'),$);
#18=IFCPROPERTYSET('0000000000000000000018',$,'Pset_WallCommon',$,(#17));
#19=IFCRELDEFINESBYPROPERTIES('0000000000000000000019',$,$,$,(#15),#18);
#20=IFCCARTESIANPOINTLIST3D(((0.,0.,0.),(1.,0.,0.),(0.,1.,0.),(0.,0.,1.)));
#21=IFCTRIANGULATEDFACESET(#20,$,$,((1,2,3),(1,2,4)),$);
#22=IFCSHAPEREPRESENTATION(#4,'Body','Tessellation',(#21));
#23=IFCPRODUCTDEFINITIONSHAPE($,$,(#22));
#24=IFCSLAB('0000000000000000000024',$,'Platte',$,$,#3,#23,$,$);
#25=IFCRELCONTAINEDINSPATIALSTRUCTURE('0000000000000000000025',$,$,$,(#24),#8);
ENDSEC;
END-ISO-10303-21;
"""


def _model(folder: Path) -> Path:
    path = folder / "wall.ifc"
    path.write_text(WALL)
    return path


def _zip(name: str, maker: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        inner = folder / "inner"
        inner.mkdir()
        maker(inner)
        files = sorted(file for file in inner.rglob("*") if file.is_file())
        entries = [Entry.of(file.relative_to(inner).as_posix().encode(), file.read_bytes()) for file in files]
        for file in files:
            file.unlink()
        path = folder / name
        path.write_bytes(archive_of(entries))
        return path

    return write


MADE: Mapping[str, Callable[[Path], Path]] = {
    "wall.ifc": _model,
    "wall.ifczip": _zip("wall.ifczip", _model),
    "lines.shp.zip": _zip("lines.shp.zip", vector.MADE["lines.shp"]),
    "lines.gdb.zip": _zip("lines.gdb.zip", vector.MADE["lines.gdb"]),
    "web.kmz": _zip("web.kmz", texts.MADE["web.kml"]),
    "tiles.3tz": _zip("tiles.3tz", tilesets.explicit),
    "tiles.zip": _zip("tiles.zip", tilesets.implicit),
}
