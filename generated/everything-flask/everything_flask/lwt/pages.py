"""The pages of the identity registry: the heroes, and one hero's profile."""

from contextlib import suppress

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..errors import Conflict, NotFound
from ..web.forms import Form, read_query
from ..web.pages import see_other
from . import service
from .models import UserRegistration
from .schemas import ProfileForm, ProfileKey, RegistryQuery, UserCreate, UserKey

pages = Blueprint("lwt", __name__, template_folder="templates")


@pages.get("/registry")
def registry() -> ResponseReturnValue:
    """The heroes of every dimension, or of one, and the form that claims a name."""
    query = read_query(RegistryQuery, request.args)
    newcomer = None
    if query.registered is not None:
        with suppress(NotFound):
            newcomer = service.get_user(query.registered)
    return show_registry(query, Form(), newcomer)


@pages.post("/registry/register")
def register() -> ResponseReturnValue:
    """Claim a name and go back to the registry; for a taken one, show who holds it beside what was tried."""
    form = Form.read(UserCreate, request.form)
    if form.data is None:
        return show_registry(RegistryQuery(), form, None, 422)
    try:
        hero = service.create_user(form.data)
    except Conflict as conflict:
        holder = UserRegistration.model_validate(conflict.detail["existing"])
        return show_registry(RegistryQuery(), form, holder, 409)
    return see_other("lwt.registry", registered=hero.username)


@pages.post("/registry/remove")
def remove() -> ResponseReturnValue:
    """Free a name; one that is already free is as good as freed."""
    key = read_query(UserKey, request.form)
    with suppress(NotFound):
        service.delete_user(key.username)
    return see_other("lwt.registry")


@pages.get("/registry/profile")
def profile() -> ResponseReturnValue:
    """One hero's profile, in a form that remembers which version it shows."""
    key = read_query(ProfileKey, request.args)
    profile = service.get_profile(key.user_id)
    return render_template("lwt/profile.html", profile=profile, form=Form())


@pages.post("/registry/profile/save")
def save() -> ResponseReturnValue:
    """Save a profile and show it; a conflict shows the current version beside what was tried."""
    form = Form.read(ProfileForm, request.form)
    if form.data is None:
        key = read_query(ProfileKey, form.values)
        profile = service.get_profile(key.user_id)
        return render_template("lwt/profile.html", profile=profile, form=form), 422
    try:
        service.update_profile(form.data.user_id, form.data)
    except Conflict as conflict:
        current = conflict.detail["existing"]
        return render_template("lwt/profile.html", profile=current, form=form, conflict=True), 409
    return see_other("lwt.profile", user_id=form.data.user_id)


def show_registry(
    query: RegistryQuery, form: Form[UserCreate], hero: UserRegistration | None, status: int = 200
) -> ResponseReturnValue:
    """Render the registry with its form; `hero` has just registered, or holds the name that the form asks for."""
    users = service.list_users(query)
    return render_template("lwt/list.html", users=users, query=query, form=form, hero=hero), status
