"""The one stylesheet, with the names of app/theme.py's colours where a colour goes."""

from __future__ import annotations

TEMPLATE = """
QToolTip { background: $panel; color: $text; border: 1px solid $border; padding: 4px 6px; }
QMainWindow, QDialog { background: $window; }
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }

QMenuBar { background: $window; padding: 2px 6px; border-bottom: 1px solid $border; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $panel; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 8px; border-radius: 4px; }
QMenu::item:selected { background: $accent_soft; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::icon { padding: 2px; margin-left: 4px; }
QMenu::icon:checked { background: $accent_soft; border: 1px solid $accent; border-radius: 4px; }

QToolBar { background: $window; border: none; border-bottom: 1px solid $border; spacing: 2px;
    padding: 4px 8px; }
QToolBar::separator { background: $border; width: 1px; margin: 4px 6px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed { background: $pressed; }
QToolButton:checked { background: $accent_soft; border-color: $accent_soft; }
QToolButton:checked:disabled { background: transparent; border-color: transparent; }
QToolButton::menu-indicator { image: none; }
QToolButton#quiet { padding: 2px; border-radius: 4px; }

QPushButton { background: $raised; border: 1px solid $strong_border; border-radius: 6px; padding: 5px 14px;
    min-height: 18px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:disabled { color: $faint; border-color: $border; }
QPushButton:focus { border-color: $accent; }
QPushButton:default, QPushButton#primary { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton:default:hover, QPushButton#primary:hover { background: $accent_hover;
    border-color: $accent_hover; }
QPushButton:default:disabled, QPushButton#primary:disabled { background: $pressed; color: $faint;
    border-color: $border; }
QPushButton#small { padding: 2px 10px; min-height: 16px; }
QPushButton#link { background: transparent; border: none; color: $accent; padding: 2px 4px; }
QPushButton#link:hover { text-decoration: underline; }

QLineEdit, QTextEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox, QComboBox, QDateEdit,
    QTimeEdit {
    background: $raised; border: 1px solid $border; border-radius: 6px; padding: 3px 8px; min-height: 20px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover { border-color: $strong_border; }
QLineEdit:focus, QTextEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus,
    QDateEdit:focus, QTimeEdit:focus { border-color: $accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled, QDateEdit:disabled,
    QTimeEdit:disabled { color: $faint; }
QLineEdit[problem="true"], QDoubleSpinBox[problem="true"] { border-color: $danger; background: $danger_soft; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url($icons/arrow-down.svg); width: 14px; height: 14px; margin-right: 6px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $border; padding: 4px; outline: none; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button,
    QDateTimeEdit::up-button, QDateTimeEdit::down-button {
    width: 0; border: none; }

QSlider { min-height: 20px; }
QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 8px;
    background: $raised; border: 1px solid $strong_border; }
QSlider::handle:horizontal:hover { border-color: $accent; }
QSlider::sub-page:horizontal:disabled { background: $strong_border; }

QDockWidget { color: $text; font-weight: 600; titlebar-close-icon: url($icons/dock-close.svg);
    titlebar-normal-icon: url($icons/dock-float.svg); }
QDockWidget::close-button, QDockWidget::float-button { background: transparent; border: none;
    border-radius: 4px; padding: 0; icon-size: 18px; }
QDockWidget::close-button:hover, QDockWidget::float-button:hover { background: $pressed; }
QDockWidget::title { background: $window; padding: 8px 12px; border-bottom: 1px solid $border; }
QDockWidget > QWidget { background: $panel; }

QTreeView, QListView, QTableView { background: $panel; alternate-background-color: $window; border: none;
    outline: none; selection-background-color: $accent_soft; selection-color: $text;
    gridline-color: $border; }
QTreeView::item, QListView::item { padding: 5px 4px; border: none; }
QTableView::item { padding: 5px 8px; border: none; }
QListWidget#files::item { border-radius: 6px; }
QTreeView::item:hover, QListView::item:hover, QTableView::item:hover { background: $hover; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected { background: $accent_soft;
    color: $text; }
QHeaderView { background: $window; }
QHeaderView::section { background: $window; color: $muted; border: none; border-bottom: 1px solid $border;
    border-right: 1px solid $border; padding: 5px 8px; font-weight: 600; }
QTableCornerButton::section { background: $window; border: none; }

QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { padding: 6px 10px; color: $muted; background: transparent;
    border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }

QScrollArea, QScrollArea > QWidget > QWidget { border: none; background: transparent; }
QAbstractScrollArea::corner { border: none; background: transparent; }
QSplitter::handle { background: $border; }
QSplitter::handle:vertical { height: 1px; }
QWidget#timeline, QWidget#sunpanel, QWidget#sightpanel, QWidget#comparebar {
    background: $window; border-top: 1px solid $border; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $strong_border; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QStatusBar { background: $window; border-top: 1px solid $border; color: $muted; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; padding: 0 8px; }

QProgressBar { background: $border; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }

QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator, QAbstractItemView::indicator { width: 14px; height: 14px; background: $raised;
    border: 1px solid $strong_border; border-radius: 4px; }
QCheckBox::indicator:hover, QAbstractItemView::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { background: $check; border-color: $check;
    image: url($icons/tick.svg); }
QCheckBox::indicator:disabled, QAbstractItemView::indicator:disabled { background: $window;
    border-color: $border; }
QGroupBox { border: none; margin-top: 20px; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; color: $muted; }

QLabel#title { font-size: 22pt; font-weight: 600; }
QLabel#heading { font-weight: 600; }
QLabel#muted { color: $muted; }
QLabel#hint { color: $muted; font-size: 8pt; }
QLabel#problem { color: $danger; }
QFrame#rule { background: $border; max-height: 1px; min-height: 1px; border: none; }
QFrame#card { background: $panel; border: 1px solid $border; border-radius: 8px; }
QFrame#verdict { border: 1px solid $border; border-radius: 8px; background: $window; }
QFrame#verdict[verdict="pass"] { background: $good_soft; border-color: $good; }
QFrame#verdict[verdict="fail"] { background: $danger_soft; border-color: $danger; }
QFrame#verdict[verdict="too close"] { background: $notice_soft; border-color: $notice; }
QFrame#verdict:focus { border-width: 2px; }
QFrame#verdict QLabel#word { font-size: 15pt; font-weight: 700; }
QFrame#verdict[verdict="pass"] QLabel#word { color: $good; }
QFrame#verdict[verdict="fail"] QLabel#word { color: $danger; }
QFrame#verdict[verdict="too close"] QLabel#word { color: $notice; }
QFrame#banner { background: $danger_soft; border: none; border-bottom: 1px solid $border; }
QFrame#banner QLabel { color: $danger; }
QFrame#banner[kind="notice"] { background: $notice_soft; }
QFrame#banner[kind="notice"] QLabel { color: $notice; }
QFrame#banner[kind="info"] { background: $accent_soft; }
QFrame#banner[kind="info"] QLabel { color: $text; }
QFrame#banner[kind="scenario"] { background: $accent_soft; }
QFrame#banner[kind="scenario"] QLabel { color: $text; }
QFrame#panehead { background: $panel; border: 1px solid $border; border-radius: 8px; }
QFrame#panehead[active="true"] { border-color: $accent; }
QFrame#panehead QToolButton { padding: 2px 6px; }
QFrame#palette { background: $panel; border: 1px solid $strong_border; border-radius: 10px; }
QFrame#palette QLineEdit { border: none; background: transparent; padding: 8px; }
QFrame#palette QLineEdit:focus { border: none; }
QFrame#dropzone { border: 2px dashed $strong_border; border-radius: 10px; background: transparent; }
QFrame#dropzone[over="true"] { border-color: $accent; background: $accent_soft; }
QWidget#start { background: $panel; }
"""
