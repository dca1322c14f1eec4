"""Charts as plain painting: the same functions draw in the window and on paper."""

from __future__ import annotations

from app.charts.bars import Bars, Series, by_month, paint_bars, stacked_by_month
from app.charts.daychart import DayChart, Row, Spell, paint_day
from app.charts.histogram import Histogram, paint_histogram
from app.charts.levelbars import LevelBars, paint_level_bars
from app.charts.look import Look, of_theme, on_paper
from app.charts.profilechart import ProfileChart, paint_profile, profiles_of
from app.charts.sheet import Painted
from app.charts.skylinechart import Skyline, paint_skyline, skylines_of
from app.charts.sunpath import SunPath, paint_sun_path, sun_path_of
from app.charts.view import ChartView, as_image
from app.charts.viewchart import ViewChart, paint_view, view_charts_of

__all__ = [
    "Bars",
    "ChartView",
    "DayChart",
    "Histogram",
    "LevelBars",
    "Look",
    "Painted",
    "ProfileChart",
    "Row",
    "Series",
    "Skyline",
    "Spell",
    "SunPath",
    "ViewChart",
    "as_image",
    "by_month",
    "of_theme",
    "on_paper",
    "paint_bars",
    "paint_day",
    "paint_histogram",
    "paint_level_bars",
    "paint_profile",
    "paint_skyline",
    "paint_sun_path",
    "paint_view",
    "profiles_of",
    "skylines_of",
    "stacked_by_month",
    "sun_path_of",
    "view_charts_of",
]
