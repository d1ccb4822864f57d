"""The pages of the identity registry: the heroes, and one hero's profile."""

from contextlib import suppress

from fastapi import APIRouter, Request, Response

from ..errors import Conflict, NotFound
from ..web.forms import Form, read_query
from ..web.pages import render, see_other
from . import service
from .models import UserRegistration
from .schemas import ProfileForm, ProfileKey, RegistryQuery, UserCreate, UserKey

router = APIRouter(include_in_schema=False)


@router.get("/", name="lwt.registry")
async def registry(request: Request) -> Response:
    """The heroes of every dimension, or of one, and the form that claims a name."""
    query = read_query(RegistryQuery, request.query_params)
    newcomer = None
    if query.registered is not None:
        with suppress(NotFound):
            newcomer = await service.get_user(query.registered)
    return await show_registry(request, query, Form(), newcomer)


@router.post("/registry/register", name="lwt.register")
async def register(request: Request) -> Response:
    """Claim a name and go back to the registry; for a taken one, show who holds it beside what was tried."""
    form = Form.read(UserCreate, await request.form())
    if form.data is None:
        return await show_registry(request, RegistryQuery(), form, None, 422)
    try:
        hero = await service.create_user(form.data)
    except Conflict as conflict:
        holder = UserRegistration.model_validate(conflict.detail["existing"])
        return await show_registry(request, RegistryQuery(), form, holder, 409)
    return see_other(request, "lwt.registry", registered=hero.username)


@router.post("/registry/remove", name="lwt.remove")
async def remove(request: Request) -> Response:
    """Free a name; one that is already free is as good as freed."""
    key = read_query(UserKey, await request.form())
    with suppress(NotFound):
        await service.delete_user(key.username)
    return see_other(request, "lwt.registry")


@router.get("/registry/profile", name="lwt.profile")
async def profile(request: Request) -> Response:
    """One hero's profile, in a form that remembers which version it shows."""
    key = read_query(ProfileKey, request.query_params)
    profile = await service.get_profile(key.user_id)
    return render(request, "lwt/profile.html", profile=profile, form=Form())


@router.post("/registry/profile/save", name="lwt.save")
async def save(request: Request) -> Response:
    """Save a profile and show it; a conflict shows the current version beside what was tried."""
    form = Form.read(ProfileForm, await request.form())
    if form.data is None:
        key = read_query(ProfileKey, form.values)
        profile = await service.get_profile(key.user_id)
        return render(request, "lwt/profile.html", 422, profile=profile, form=form)
    try:
        await service.update_profile(form.data.user_id, form.data)
    except Conflict as conflict:
        current = conflict.detail["existing"]
        return render(request, "lwt/profile.html", 409, profile=current, form=form, conflict=True)
    return see_other(request, "lwt.profile", user_id=form.data.user_id)


async def show_registry(
    request: Request, query: RegistryQuery, form: Form[UserCreate], hero: UserRegistration | None, status: int = 200
) -> Response:
    """Render the registry with its form; `hero` has just registered, or holds the name that the form asks for."""
    users = await service.list_users(query)
    return render(request, "lwt/list.html", status, users=users, query=query, form=form, hero=hero)
