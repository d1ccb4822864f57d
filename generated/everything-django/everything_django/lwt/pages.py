"""The pages of the identity registry: the heroes, and one hero's profile."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ..errors import Conflict, NotFound
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .models import UserRegistration
from .schemas import ProfileForm, ProfileKey, RegistryQuery, UserCreate, UserKey


@require_safe
def registry(request: HttpRequest) -> HttpResponse:
    """The heroes of every dimension, or of one, and the form that claims a name."""
    query = read_query(RegistryQuery, request.GET)
    newcomer = None
    if query.registered is not None:
        with suppress(NotFound):
            newcomer = service.get_user(query.registered)
    return show_registry(request, query, Form(), newcomer)


@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Claim a name and go back to the registry; for a taken one, show who holds it beside what was tried."""
    form = Form.read(UserCreate, request.POST)
    if form.data is None:
        return show_registry(request, RegistryQuery(), form, None, 422)
    try:
        hero = service.create_user(form.data)
    except Conflict as conflict:
        holder = UserRegistration.model_validate(conflict.detail["existing"])
        return show_registry(request, RegistryQuery(), form, holder, 409)
    return see_other(request, "lwt:registry", registered=hero.username)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Free a name; one that is already free is as good as freed."""
    key = read_query(UserKey, request.POST)
    with suppress(NotFound):
        service.delete_user(key.username)
    return see_other(request, "lwt:registry")


@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """One hero's profile, in a form that remembers which version it shows."""
    key = read_query(ProfileKey, request.GET)
    profile = service.get_profile(key.user_id)
    return render(request, "lwt/profile.html", profile=profile, form=Form())


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Save a profile and show it; a conflict shows the current version beside what was tried."""
    form = Form.read(ProfileForm, request.POST)
    if form.data is None:
        key = read_query(ProfileKey, form.values)
        profile = service.get_profile(key.user_id)
        return render(request, "lwt/profile.html", 422, profile=profile, form=form)
    try:
        service.update_profile(form.data.user_id, form.data)
    except Conflict as conflict:
        current = conflict.detail["existing"]
        return render(request, "lwt/profile.html", 409, profile=current, form=form, conflict=True)
    return see_other(request, "lwt:profile", user_id=form.data.user_id)


def show_registry(
    request: HttpRequest, query: RegistryQuery, form: Form[UserCreate], hero: UserRegistration | None, status: int = 200
) -> HttpResponse:
    """Render the registry with its form; `hero` has just registered, or holds the name that the form asks for."""
    users = service.list_users(query)
    return render(request, "lwt/list.html", status, users=users, query=query, form=form, hero=hero)
