"""Pages for people: GOV.UK layout and components, forms and their errors, safe headers. Knows no service.

A page handler in short:

    form = await read_form(request)
    tonight, errors = parse(form, Tonight)
    if tonight is None:
        return page(request, "placements/tonight.html", form=form, errors=errors)
    search = await actions.search(uow, tonight)
    return redirect(f"/searches/{search}")
"""

from careshare.web.charts import BarChart, bar_chart
from careshare.web.fields import asks
from careshare.web.forms import Form, parse, read_form, read_query
from careshare.web.notices import Notice, notice
from careshare.web.pages import current_principal, error_page, page, redirect

__all__ = [
    "BarChart",
    "Form",
    "Notice",
    "asks",
    "bar_chart",
    "current_principal",
    "error_page",
    "notice",
    "page",
    "parse",
    "read_form",
    "read_query",
    "redirect",
]
