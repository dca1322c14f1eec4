"""What validations share with tests of analyses."""

from tests.analysis.conftest import demo_city as demo_city
