"""How the current layer is drawn: opacity, level of detail, colours, points, relief."""

from __future__ import annotations

from typing import Any, NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from app.numberbox import NumberBox
from app.pointstyle import PointRows
from app.session import Session
from app.slider import Steps
from layers.arrays import CityTiles, Drawable, Scan
from layers.errors import CitystrataError
from layers.records import Changes, Layer
from viewer.color import METHODS
from viewer.palette import CATEGORY_MAP, COLOR_MAPS, color_table

STRIP = 44
APPEARANCE = "appearance"
ATTRIBUTE = "attribute:"
TITLES = {
    "": "Automatic",
    "type": "Object type",
    "surface": "Semantic surface",
    "appearance": "Materials and textures",
    "plain": "One colour",
    "rgb": "Colours of the scan",
    "intensity": "Intensity",
    "classification": "Class of the point",
    "return_number": "Return number",
    "height": "Height",
}
COLOUR_BY = {
    "city": ("", "type", "surface", APPEARANCE, "plain"),
    "pipes": ("", "type", "plain"),
    "terrain": ("", "height", "plain"),
    "image": (),
    "vector": ("", "type", "plain"),
    "heritage": ("", APPEARANCE, "rgb", "plain", "type"),
    "points": ("", "classification", "rgb", "intensity", "return_number", "height", "plain"),
}
METHOD_TITLES = {
    "": "Automatic",
    "categories": "Categories",
    "graduated": "Graduated",
    "equal": "Equal steps",
    "quantile": "Equal counts",
    "natural": "Natural breaks",
}
MAP_TITLES = {
    "": "Automatic",
    "okabe-ito": "Okabe–Ito",
    "viridis": "Viridis",
    "cividis": "Cividis",
    "magma": "Magma",
    "heights": "Heights",
    "balance": "Balance",
}
HIGHEST = "Highest available"


class Known(NamedTuple):
    """What the drawing data of a layer say of how it can be drawn."""

    lods: tuple[str, ...] = ()
    has_looks: bool = False
    themes: tuple[str, ...] = ()  # of its appearance, where there is a choice


class StylePanel(QWidget):
    """The style of the current layer; every change is one undoable step."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._filling = False
        self._known: dict[str, Known] = {}  # by the uid of the layer
        self._build()
        session.opened.connect(self.refresh)
        session.current_layer_changed.connect(self.refresh)
        session.project_changed.connect(self._on_project_changed)
        self.refresh()

    def _build(self) -> None:
        self._title = QLabel()
        self._title.setObjectName("heading")
        self.opacity = Steps(0, 100, lambda value: self._set(opacity=value / 100))
        self._opacity_text = QLabel()
        self._opacity_text.setObjectName("muted")
        self._opacity_text.setFixedWidth(44)
        self._opacity_text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.opacity.valueChanged.connect(lambda value: self._opacity_text.setText(f"{value} %"))
        self._lod = QComboBox()
        self._lod.setToolTip("The level of detail that is drawn")
        self._lod.activated.connect(lambda: self._set(lod=self._lod.currentData()))
        self.colour_by = QComboBox()
        self.colour_by.setToolTip("What the colours stand for")
        self.colour_by.activated.connect(lambda: self._set_style(color_by=self.colour_by.currentData()))
        self.theme = QComboBox()
        self.theme.setToolTip("Which of the appearances that the file holds is drawn")
        self.theme.activated.connect(lambda: self._set_style(theme=self.theme.currentData()))
        self._method = QComboBox()
        self._method.setToolTip("How values are put into classes")
        for method in METHODS:
            self._method.addItem(METHOD_TITLES.get(method, method), method)
        self._method.activated.connect(lambda: self._set_style(method=self._method.currentData()))
        self._classes = NumberBox(minimum=2, maximum=12, decimals=0)
        self._classes.setKeyboardTracking(False)
        self._classes.valueChanged.connect(lambda value: self._set_style(classes=int(value)))
        self._map = QComboBox()
        self._map.setToolTip("Colour maps that colour-blind people can read")
        self._map.setIconSize(QSize(STRIP, 12))
        for name in (CATEGORY_MAP, *COLOR_MAPS):
            self._map.addItem(map_icon(name), MAP_TITLES.get(name, name), name)
        self._map.activated.connect(lambda: self._set_style(color_map=self._map.currentData()))
        self._colour = QPushButton("Choose…")
        self._colour.clicked.connect(self._choose_colour)
        self._edges = QCheckBox("Draw edges")
        self._edges.clicked.connect(lambda on: self._set_style(edges=on))
        self._fill = QCheckBox("Fill areas")
        self._fill.clicked.connect(lambda on: self._set_style(fill=on))
        self._extrude = QCheckBox("Raise by height")
        self._extrude.setToolTip("Areas whose height or storeys are known stand as bodies")
        self._extrude.clicked.connect(lambda on: self._set_style(extrude=on))
        self.point_size = Steps(1, 12, lambda value: self._set_style(point_size=value))
        self._relief = NumberBox(minimum=0.5, maximum=20, singleStep=0.5, prefix="× ", decimals=1)
        self._relief.setKeyboardTracking(False)
        self._relief.valueChanged.connect(lambda value: self._set_style(exaggeration=value))

        for box in (self._lod, self.colour_by, self.theme, self._method, self._map):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(6)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(16, 12, 16, 16)
        self._form.setHorizontalSpacing(12)
        self._form.setVerticalSpacing(8)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        opacity = QHBoxLayout()
        opacity.addWidget(self.opacity)
        opacity.addWidget(self._opacity_text)
        self._form.addRow(self._title)
        self._form.addRow("Opacity", opacity)
        for text, widget in (
            ("LoD", self._lod),
            ("Colour by", self.colour_by),
            ("Theme", self.theme),
            ("Classes", self._method),
            ("Number", self._classes),
            ("Colour map", self._map),
            ("Colour", self._colour),
            ("", self._edges),
            ("", self._fill),
            ("", self._extrude),
            ("Point size", self.point_size),
            ("Heights", self._relief),
        ):
            self._form.addRow(text, widget)
        self.points = PointRows(self._session, self._form, self._set_style)

    def refresh(self) -> None:
        """Show the style of the current layer."""
        layer = self._session.current_layer
        self.setVisible(layer is not None)
        if layer is None:
            return
        self._filling = True
        self.setEnabled(not self._session.project.read_only)
        self._title.setText(self.fontMetrics().elidedText(layer.name, Qt.TextElideMode.ElideMiddle, 240))
        self.opacity.setValue(round(layer.opacity * 100))
        self._opacity_text.setText(f"{round(layer.opacity * 100)} %")
        self._fill_lods(layer)
        self._fill_colours(layer)
        self.points.show_layer(layer)
        self._filling = False

    def _fill_lods(self, layer: Layer) -> None:
        lods = self._what_is_drawn(layer).lods
        self._lod.clear()
        self._lod.addItem(HIGHEST, "")
        for lod in lods:
            self._lod.addItem(f"LoD {lod}", lod)
        self._lod.setCurrentIndex(max(self._lod.findData(layer.lod), 0))
        self._form.setRowVisible(self._lod, len(lods) > 1)

    def _what_is_drawn(self, layer: Layer) -> Known:
        if layer.kind not in ("city", "heritage") or layer.uid in self._known:
            return self._known.get(layer.uid, Known())
        try:
            drawable = self._session.project.drawable(layer)
        except CitystrataError:
            return Known()  # the drawing data are being made again
        self._known[layer.uid] = known = _known(drawable)
        return known

    def _fill_colours(self, layer: Layer) -> None:
        style = layer.style
        chosen = str(style.get("color_by", ""))
        self.colour_by.clear()
        known = self._what_is_drawn(layer)
        for name in COLOUR_BY[layer.kind]:
            if name != APPEARANCE or known.has_looks:
                self.colour_by.addItem(TITLES[name], name)
        self._fill_themes(layer, known)
        names = self._session.project.attribute_types(layer) if layer.object_count else {}
        if names:
            self.colour_by.insertSeparator(self.colour_by.count())
        for name in names:
            self.colour_by.addItem(name, ATTRIBUTE + name)
        self.colour_by.setCurrentIndex(self.colour_by.findData(chosen))
        by_attribute = chosen.startswith(ATTRIBUTE)
        method = str(style.get("method", "categories"))
        self._method.setCurrentIndex(max(self._method.findData(method), 0))
        self._classes.setValue(int(style.get("classes", 6)))
        self._map.setCurrentIndex(max(self._map.findData(style.get("color_map")), 0))
        self._colour.setIcon(colour_icon(str(style.get("color", "#b8b0a4"))))
        self._edges.setChecked(bool(style.get("edges", True)))
        self._fill.setChecked(bool(style.get("fill", True)))
        self._extrude.setChecked(bool(style.get("extrude", True)))
        self.point_size.setValue(int(style.get("point_size", 2)))
        self._relief.setValue(float(style.get("exaggeration", 1.0)))
        for widget, shown in (
            (self.colour_by, self.colour_by.count() > 0),
            (self.theme, len(known.themes) > 1 and chosen in ("", APPEARANCE)),
            (self._method, by_attribute),
            (self._classes, by_attribute and method != "categories"),
            (self._map, by_attribute or chosen in ("height", "intensity")),
            (self._colour, chosen == "plain"),
            (self._edges, layer.kind in ("city", "vector")),
            (self._fill, layer.kind == "vector"),
            (self._extrude, layer.kind == "vector"),
            (self.point_size, layer.kind == "points"),
            (self._relief, layer.kind == "terrain"),
        ):
            self._form.setRowVisible(widget, shown)

    def _fill_themes(self, layer: Layer, known: Known) -> None:
        self.theme.clear()
        for theme in known.themes:
            self.theme.addItem(theme or "Automatic", theme)
        self.theme.setCurrentIndex(max(self.theme.findData(str(layer.style.get("theme", ""))), 0))

    def _choose_colour(self) -> None:
        layer = self._session.current_layer
        if layer is None:
            return
        now = QColor(str(layer.style.get("color", "#b8b0a4")))
        chosen = QColorDialog.getColor(now, self, f"Colour of {layer.name}")
        if chosen.isValid():
            self._set_style(color=chosen.name())

    def _set_style(self, **values: Any) -> None:
        layer = self._session.current_layer
        if layer is not None:
            self._set(style={**layer.style, **values})

    def _set(self, **values: Any) -> None:
        layer = self._session.current_layer
        if layer is None or self._filling:
            return
        if any(getattr(layer, name) != value for name, value in values.items()):
            self._session.run_edit(f"Style of {layer.name}", lambda edit: edit.set_layer(layer.id, **values))

    def _on_project_changed(self, changes: Changes) -> None:
        layer = self._session.current_layer
        if layer is not None and layer.id in changes.layers:
            self.refresh()


def _known(drawable: Drawable | None) -> Known:
    if not isinstance(drawable, CityTiles | Scan):
        return Known()
    lods = tuple(lod for lod in drawable.lod_names if lod) if isinstance(drawable, CityTiles) else ()
    album = drawable.album
    return Known(lods) if album is None else Known(lods, True, album.themes)


def map_icon(name: str) -> QIcon:
    """A colour map as a strip."""
    table = color_table(name)
    strip = QImage(len(table), 1, QImage.Format.Format_RGB32)
    for x, colour in enumerate(table):
        strip.setPixelColor(x, 0, QColor(*(int(part) for part in colour)))
    smooth = Qt.TransformationMode.FastTransformation
    return QIcon(QPixmap.fromImage(strip.scaled(STRIP, 12, mode=smooth)))


def colour_icon(colour: str) -> QIcon:
    """A colour as a square."""
    square = QPixmap(16, 16)
    square.fill(QColor(colour))
    return QIcon(square)
