"""Vector data as XML: GML of three generations, and KML with what files of the web hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

_GML = "http://www.opengis.net/gml"
OLD = f"""<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="{_GML}" xmlns:a="http://a.example">
<gml:boundedBy><gml:Box srsName="EPSG:25832"><gml:coordinates>0,0 9,9</gml:coordinates></gml:Box>
</gml:boundedBy>
<gml:featureMember><a:pipe fid="p1"><a:diameter>300</a:diameter><a:geom>
<gml:LineString srsName="EPSG:25832"><gml:coordinates>0,0 5,5 9,0</gml:coordinates></gml:LineString>
</a:geom></a:pipe></gml:featureMember>
<gml:featureMember><a:area fid="a1"><a:name>Platz</a:name><a:geom>
<gml:MultiPolygon srsName="EPSG:25832"><gml:polygonMember><gml:Polygon><gml:outerBoundaryIs><gml:LinearRing>
<gml:coordinates decimal="." cs="," ts=" ">0,0 9,0 9,9 0,0</gml:coordinates></gml:LinearRing>
</gml:outerBoundaryIs>
<gml:innerBoundaryIs><gml:LinearRing><gml:coord><gml:X>4</gml:X><gml:Y>1</gml:Y></gml:coord><gml:coord>
<gml:X>5</gml:X>
<gml:Y>1</gml:Y></gml:coord><gml:coord><gml:X>5</gml:X><gml:Y>2</gml:Y></gml:coord><gml:coord>
<gml:X>4</gml:X>
<gml:Y>1</gml:Y></gml:coord></gml:LinearRing></gml:innerBoundaryIs></gml:Polygon></gml:polygonMember>
</gml:MultiPolygon></a:geom></a:area></gml:featureMember>
</wfs:FeatureCollection>
"""
MIDDLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<gml:FeatureCollection xmlns:gml="{_GML}" xmlns:a="http://a.example" xmlns:xlink="http://www.w3.org/1999/xlink">
<gml:featureMembers><a:road gml:id="r1"><a:lanes>2</a:lanes><a:course>
<gml:Curve srsName="urn:ogc:def:crs:EPSG::4258">
<gml:segments><gml:Arc><gml:posList srsDimension="2">50 7 50.1 7.1 50 7.2</gml:posList></gml:Arc>
<gml:LineStringSegment><gml:pos>50 7.2</gml:pos><gml:pos>50 8</gml:pos></gml:LineStringSegment>
</gml:segments>
</gml:Curve></a:course></a:road><a:lot gml:id="l1"><a:owner xlink:href="#r1"/><a:surface>
<gml:Surface srsName="urn:ogc:def:crs:EPSG::4258" gml:id="s1"><gml:patches><gml:PolygonPatch><gml:exterior>
<gml:Ring>
<gml:curveMember><gml:LineString><gml:posList>50 7 50 8 51 8 50 7</gml:posList></gml:LineString>
</gml:curveMember>
</gml:Ring></gml:exterior></gml:PolygonPatch></gml:patches></gml:Surface></a:surface></a:lot>
</gml:featureMembers>
</gml:FeatureCollection>
"""
NEW = f"""<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="{_GML}/3.2" xmlns:a="http://a.example"
 numberMatched="2" numberReturned="2">
<wfs:member><a:tree gml:id="t1"><a:height uom="m">12.5</a:height><a:place>
<gml:Point srsName="http://www.opengis.net/def/crs/EPSG/0/7415" srsDimension="3">
<gml:pos>85000 446000 3</gml:pos>
</gml:Point></a:place></a:tree></wfs:member>
<wfs:member><a:tree gml:id="t2"><a:height uom="m">3</a:height><a:kind><a:Kind><a:code>7</a:code></a:Kind>
</a:kind><a:place>
<gml:MultiPoint srsName="http://www.opengis.net/def/crs/EPSG/0/7415"><gml:pointMembers><gml:Point>
<gml:pos>85001 446000 3
</gml:pos></gml:Point><gml:Point><gml:pos>85002 446000 3</gml:pos></gml:Point></gml:pointMembers>
</gml:MultiPoint>
</a:place></a:tree></wfs:member>
</wfs:FeatureCollection>
"""
WEB = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>
<name>town</name>
<Style id="s"><LineStyle><color>ff0000ff</color><width>2</width></LineStyle></Style>
<Schema name="pipe" id="pipe"><SimpleField type="float" name="diameter"/></Schema>
<NetworkLink><name>more</name><Link><href>more.kml</href></Link></NetworkLink>
<Folder><name>mains</name><Placemark id="p1"><name>A</name><styleUrl>#s</styleUrl><ExtendedData>
<SchemaData schemaUrl="#pipe"><SimpleData name="diameter">300</SimpleData></SchemaData>
<Data name="owner"><value>Gemeente</value></Data></ExtendedData><MultiGeometry>
<LineString><tessellate>1</tessellate><coordinates>7.0,50.0,1 7.1,50.1,2</coordinates></LineString>
<Polygon><outerBoundaryIs><LinearRing><coordinates>7,50 8,50 8,51 7,50</coordinates></LinearRing>
</outerBoundaryIs>
</Polygon></MultiGeometry></Placemark>
<Placemark><name>B</name><TimeSpan><begin>1950-01-01</begin></TimeSpan><Point>
<coordinates>7,50,3</coordinates></Point>
</Placemark><Placemark><gx:Track><when>2020-01-01T00:00:00Z</when><gx:coord>7 50 1</gx:coord></gx:Track>
</Placemark>
</Folder><GroundOverlay><Icon><href>a.png</href></Icon></GroundOverlay></Document></kml>
"""


def _text(name: str, text: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


MADE: Mapping[str, Callable[[Path], Path]] = {
    "old.gml": _text("old.gml", OLD),
    "middle.gml": _text("middle.gml", MIDDLE),
    "new.gml": _text("new.gml", NEW),
    "web.kml": _text("web.kml", WEB),
}
