"""The names of the elements of CityGML (OGC 08-007r1, 12-019, 21-006r2), and the modules of most of them."""

from __future__ import annotations

import re

from layers.gml.names import CITYGML, split
from layers.words import words

#: Properties that hold geometries, and hooks for extensions, which have a pattern in their names.
_PATTERN = re.compile(
    r"lod[0-4](Point|Solid|MultiSolid|MultiSurface|MultiCurve|Surface|Geometry|FootPrint|RoofEdge|Network"
    r"|TerrainIntersection|TerrainIntersectionCurve|ImplicitRepresentation)|(adeOf|ADEOf)[A-Z]\w*"
)
_IN_ALL = frozenset(
    words(
        """
    CityModel cityObjectMember featureMember appearanceMember Address address xalAddress multiPoint
    creationDate terminationDate externalReference informationSystem name generalizesTo relativeToTerrain
    relativeToWater ImplicitGeometry mimeType transformationMatrix libraryObject referencePoint class
    function
    usage value ClosureSurface

    Appearance appearance theme X3DMaterial ParameterizedTexture GeoreferencedTexture isFront shininess
    transparency ambientIntensity diffuseColor emissiveColor specularColor isSmooth target imageURI
    textureType
    wrapMode borderColor TexCoordGen TexCoordList worldToTexture textureCoordinates preferWorldFile
    orientation

    Building BuildingPart BuildingInstallation BuildingFurniture roofType storeysAboveGround
    storeysBelowGround storeyHeightsAboveGround storeyHeightsBelowGround RoofSurface WallSurface
    GroundSurface
    FloorSurface InteriorWallSurface CeilingSurface OuterCeilingSurface OuterFloorSurface Window Door

    Bridge BridgePart BridgeInstallation BridgeFurniture BridgeRoom isMovable
    Tunnel TunnelPart TunnelInstallation TunnelFurniture HollowSpace

    CityFurniture LandUse CityObjectGroup groupMember parent
    ReliefFeature lod reliefComponent TINRelief tin RasterRelief grid MassPointRelief reliefPoints
    BreaklineRelief ridgeOrValleyLines breaklines extent
    Track Road Railway Square TrafficArea AuxiliaryTrafficArea surfaceMaterial
    PlantCover SolitaryVegetationObject averageHeight species height trunkDiameter crownDiameter
    WaterBody WaterSurface WaterGroundSurface waterLevel
        """
    )
)
_IN_1_AND_2 = frozenset(
    words(
        """
    externalObject uri relativeGMLGeometry surfaceDataMember
    TexturedSurface Material SimpleTexture textureMap repeat

    yearOfConstruction yearOfDemolition measuredHeight boundedBy opening outerBuildingInstallation
    interiorBuildingInstallation consistsOfBuildingPart interiorRoom interiorFurniture roomInstallation
    IntBuildingInstallation Room

    consistsOfBridgePart outerBridgeConstruction outerBridgeInstallation interiorBridgeInstallation
    interiorBridgeRoom bridgeRoomInstallation BridgeConstructionElement IntBridgeInstallation
    consistsOfTunnelPart outerTunnelInstallation interiorTunnelInstallation interiorHollowSpace
    hollowSpaceInstallation IntTunnelInstallation

    geometry GenericCityObject stringAttribute intAttribute doubleAttribute dateAttribute uriAttribute
    measureAttribute genericAttributeSet TransportationComplex trafficArea auxiliaryTrafficArea
    WaterClosureSurface
        """
    )
)
_IN_3 = frozenset(
    words(
        """
    versionMember versionTransitionMember engineeringCRS validFrom validTo relatedTo CityObjectRelation
    relationType genericAttribute dynamizer spaceType volume QualifiedVolume typeOfVolume area QualifiedArea
    typeOfArea boundary pointCloud ExternalReference targetResource relativeGeometry Occupancy occupancy
    numberOfOccupants interval occupantType

    surfaceData textureParameterization TextureAssociation ring

    conditionOfConstruction dateOfConstruction dateOfDemolition constructionEvent ConstructionEvent
    dateOfEvent event description elevation Elevation elevationReference elevationValue Height highReference
    lowReference status isStructuralElement filling fillingSurface relationToConstruction DoorSurface
    WindowSurface OtherConstruction

    BuildingConstructiveElement BuildingRoom BuildingUnit Storey buildingConstructiveElement
    buildingInstallation buildingRoom buildingFurniture buildingSubdivision buildingPart buildingUnit storey
    roomHeight RoomHeight sortKey

    BridgeConstructiveElement bridgeConstructiveElement bridgeInstallation bridgeRoom bridgeFurniture
    bridgePart TunnelConstructiveElement tunnelConstructiveElement tunnelInstallation hollowSpace
    tunnelFurniture tunnelPart

    Role role

    Dynamizer attributeRef startTime endTime dynamicData sensorConnection SensorConnection connectionType
    observationProperty uom sensorID sensorName observationID datastreamID baseURL authType mqttServer
    mqttTopic linkToObservation linkToSensorDescription sensorLocation GenericTimeseries valueType
    timeValuePair TimeValuePair timestamp intValue doubleValue stringValue geometryValue uriValue boolValue
    implicitGeometryValue appearanceValue TabulatedFileTimeseries StandardFileTimeseries fileLocation
    fileType
    idValue numberOfHeaderLines fieldSeparator decimalSymbol idColumnNo idColumnName timeColumnNo
    timeColumnName valueColumnNo valueColumnName CompositeTimeseries component TimeseriesComponent
    repetitions
    additionalGap timeseries firstTimestamp lastTimestamp

    GenericLogicalSpace GenericOccupiedSpace GenericUnoccupiedSpace GenericThematicSurface StringAttribute
    IntAttribute DoubleAttribute DateAttribute UriAttribute MeasureAttribute CodeAttribute
    GenericAttributeSet

    PointCloud pointFile pointFileSrsName points

    Waterway Section Intersection TrafficSpace AuxiliaryTrafficSpace ClearanceSpace Hole HoleSurface Marking
    trafficDirection granularity predecessor successor trafficSpace auxiliaryTrafficSpace clearanceSpace
    section intersection hole marking

    minHeight maxHeight rootBallDiameter maxRootBallDiameter

    Version VersionTransition tag reason clonePredecessor type from to transaction Transaction oldFeature
    newFeature
        """
    )
)
_NAMES = {"1.0": _IN_ALL | _IN_1_AND_2, "2.0": _IN_ALL | _IN_1_AND_2, "3.0": _IN_ALL | _IN_3}

#: Names that are of certain modules alone; others in the lists above are taken in any. "core" is the module
#: without a name.
_HOMES = {
    "core": """CityModel cityObjectMember creationDate terminationDate externalReference informationSystem
        generalizesTo relativeToTerrain relativeToWater ImplicitGeometry transformationMatrix libraryObject
        relativeGMLGeometry referencePoint xalAddress""",
    "appearance": """Appearance theme X3DMaterial ParameterizedTexture GeoreferencedTexture isFront shininess
        ambientIntensity diffuseColor emissiveColor specularColor isSmooth target imageURI textureType
        wrapMode borderColor TexCoordGen TexCoordList worldToTexture textureCoordinates preferWorldFile
        surfaceDataMember surfaceData""",
    "building": """Building BuildingPart BuildingInstallation BuildingFurniture roofType storeysAboveGround
        storeysBelowGround storeyHeightsAboveGround storeyHeightsBelowGround measuredHeight
        outerBuildingInstallation interiorBuildingInstallation consistsOfBuildingPart interiorRoom
        interiorFurniture roomInstallation IntBuildingInstallation Room buildingPart buildingInstallation
        buildingRoom buildingUnit BuildingRoom BuildingUnit Storey storey roomHeight""",
    "bridge": """Bridge BridgePart BridgeInstallation BridgeFurniture BridgeRoom consistsOfBridgePart
        outerBridgeConstruction outerBridgeInstallation interiorBridgeInstallation interiorBridgeRoom
        BridgeConstructionElement IntBridgeInstallation""",
    "tunnel": """Tunnel TunnelPart TunnelInstallation TunnelFurniture HollowSpace consistsOfTunnelPart
        outerTunnelInstallation interiorTunnelInstallation interiorHollowSpace hollowSpaceInstallation
        IntTunnelInstallation""",
    "cityfurniture": "CityFurniture",
    "landuse": "LandUse",
    "cityobjectgroup": "CityObjectGroup groupMember",
    "relief": """ReliefFeature reliefComponent TINRelief tin RasterRelief grid MassPointRelief reliefPoints
        BreaklineRelief ridgeOrValleyLines breaklines""",
    "transportation": """Track Road Railway Square TrafficArea AuxiliaryTrafficArea surfaceMaterial
        TransportationComplex trafficArea auxiliaryTrafficArea Waterway Section Intersection TrafficSpace
        AuxiliaryTrafficSpace ClearanceSpace trafficSpace auxiliaryTrafficSpace clearanceSpace""",
    "vegetation": """PlantCover SolitaryVegetationObject averageHeight species trunkDiameter crownDiameter
        rootBallDiameter""",
    "waterbody": "WaterBody WaterSurface WaterGroundSurface WaterClosureSurface waterLevel",
    "generics": """GenericCityObject stringAttribute intAttribute doubleAttribute dateAttribute uriAttribute
        measureAttribute genericAttributeSet GenericOccupiedSpace GenericUnoccupiedSpace""",
}
#: Surfaces and openings were of three modules before CityGML 3.0 gave them one of their own.
_SURFACES = """RoofSurface WallSurface GroundSurface FloorSurface InteriorWallSurface CeilingSurface
    OuterCeilingSurface OuterFloorSurface Window Door"""
_SURFACE_HOMES = {
    "1.0": frozenset(("building", "bridge", "tunnel")),
    "2.0": frozenset(("building", "bridge", "tunnel")),
    "3.0": frozenset(("construction",)),
}
_SURFACE_NAMES = frozenset(words(_SURFACES))
_HOME_OF = {name: frozenset((module,)) for module, text in _HOMES.items() for name in words(text)}
_MODULES = frozenset((*_HOMES, "construction"))


def version_of(tag: str) -> str:
    """The version of CityGML in whose name space an element is; "" when it is in none of them."""
    namespace = split(tag)[0]
    version = namespace.rpartition("/")[2]
    return version if namespace.startswith(CITYGML) and version in _NAMES else ""


def module_of(tag: str) -> str:
    """The module in whose name space an element is: "building", "core"."""
    path = split(tag)[0].removeprefix(CITYGML)
    return path.rpartition("/")[0] or "core"


def is_known(tag: str) -> bool:
    """Whether an element in a name space of CityGML is one that this version has, in that module."""
    name, version, module = split(tag)[1], version_of(tag), module_of(tag)
    if name not in _NAMES[version]:
        return _PATTERN.fullmatch(name) is not None
    homes = _SURFACE_HOMES[version] if name in _SURFACE_NAMES else _HOME_OF.get(name)
    return homes is None or module in homes or module not in _MODULES
