"""Every error as an answer: a page for a browser, JSON for everybody else."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja.errors import HttpError, ValidationError

from ..db import connection
from ..errors import HANDLED
from . import problems
from .api import api
from .pages import render
from .problems import Problem


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return an error as a page to a browser, as JSON to everybody else."""
    response: HttpResponse
    if "text/html" in request.headers.get("Accept", ""):
        response = render(request, "error.html", problem.status, problem=problem)
    else:
        response = JsonResponse(problem.body, status=problem.status)
    for name, value in problem.all_headers.items():
        response[name] = value
    return response


def handled(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer a domain or database error; a bug is raised again and logged."""
    problem = problems.from_exception(connection.explain(error))
    if problem is None:
        raise error
    return answer(request, problem)


for kind in HANDLED:
    api.exception_handler(kind)(handled)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer a request that its schema refuses."""
    # Ninja names the view's parameter as well: ("body", "body", "price").
    locations = [item["loc"][1:] if item["loc"][:1] == item["loc"][1:2] else item["loc"] for item in error.errors]
    located = [{**item, "loc": loc} for item, loc in zip(error.errors, locations, strict=True)]
    return answer(request, problems.invalid(located))


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer a request that ninja refuses; 400 is a body that cannot be read as JSON."""
    if error.status_code == 400:
        sentence = "send valid JSON with the header Content-Type: application/json"
        unreadable = {"loc": ("body",), "msg": sentence, "type": "json_invalid"}
        return answer(request, problems.invalid([unreadable]))
    return answer(request, Problem(error.status_code, error.message))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses."""
    return answer(request, Problem(400, "The request cannot be understood."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return answer(request, problems.NOWHERE)


def csrf_failure(request: HttpRequest, reason: str) -> HttpResponse:
    """Answer a form without its CSRF token."""
    return answer(request, Problem(403, "The form's CSRF token is missing or wrong; reload the page."))


def bug(request: HttpRequest) -> HttpResponse:
    """Answer what no input should cause."""
    return answer(request, problems.BUG)
