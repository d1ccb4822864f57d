"""The cargo rift in a browser: files are imported, watched and refused, and what came with them is read."""

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
from playwright.sync_api import FilePayload, Page, expect

from tests.browsing import ADDRESSES, fill, focused_id, grave_violations, press, unique
from tests.conftest import wait_until
from tests.stories import Cost, Traffic

COLUMNS = "manifest_id,item_no,name,quantity,weight_kg,destination"


def correct(ahead: httpx.Client, right: httpx.Client) -> None:
    """Change by either server what the other has written, and look at it by the other."""
    manifest = unique("CLOCK")
    for server, items in ((ahead, 3), (right, 2)):
        content = cargo(manifest, items).replace(b"Crate of fog", f"By import of {items}".encode())
        report = server.post("/api/imports", content=content, headers={"Content-Type": "text/csv"}).raise_for_status()
        assert report.json()["status"] == "done"
        assert right.get(f"/api/imports/{report.json()['id']}").json()["status"] == "done"
    names = [item["name"] for item in right.get(f"/api/manifests/{manifest}").json()]
    assert names == ["By import of 2 1", "By import of 2 2", "By import of 3 3"]
    headers = right.get("/api/manifests?limit=500").json()
    assert [each["import_id"] for each in headers if each["manifest_id"] == manifest] == [report.json()["id"]]


def cargo(manifest: str, items: int) -> bytes:
    """Return a CSV file with so many items of a manifest."""
    lines = (f"{manifest},{number},Crate of fog {number},3,1.5,Nether Quay" for number in range(1, items + 1))
    return "\n".join([COLUMNS, *lines]).encode()


REFUSED = None
REFRESHED = "#imports"
TRAFFIC = Traffic(
    lambda name: {"url": "/api/imports", "content": cargo(name, 1), "headers": {"Content-Type": "text/csv"}},
    row="/api/manifests/{name}",
    list="/api/manifests?limit=5",
    is_one_statement=False,
)
READS = {
    "/cargo": Cost(22, 314),
    "/cargo/report?id={import_reports.id}": Cost(1, 1),
    "/cargo/manifest?limit=500&manifest_id={cargo_items.manifest_id}": Cost(2, 502),
    "/api/imports?limit=500": Cost(517, 1_101),
    "/api/imports/{import_reports.id}": Cost(1, 1),
    "/api/manifests?limit=500": Cost(2, 501),
    "/api/manifests/{cargo_items.manifest_id}?limit=500": Cost(2, 501),
}
PAGE = ADDRESSES["batch"]


def choose(page: Page, content: bytes, name: str = "cargo.csv") -> None:
    """Choose a file in the page's form."""
    page.goto(PAGE)
    page.locator("#file").set_input_files(FilePayload(name=name, mimeType="text/csv", buffer=content))


def test_a_file_is_imported_reported_and_its_manifest_read(any_page: Page) -> None:
    manifest = unique("PETREL")
    choose(any_page, cargo(manifest, 60) + b"\n,61,Crate of nothing,0,1,Nowhere", f"{manifest}.csv")
    any_page.locator("#mode").select_option("logged")
    assert press(any_page, "Import it") == 303
    expect(any_page.get_by_role("heading", level=1)).to_have_text(f"{manifest}.csv")
    expect(any_page.get_by_role("heading", name="The import is done")).to_be_visible()
    expect(any_page.get_by_role("row", name="62 manifest_id")).to_be_visible()

    any_page.goto(PAGE)
    expect(any_page.locator("#imports .card", has_text=manifest)).to_contain_text("60 written")
    fill(any_page, manifest_id=manifest)
    any_page.get_by_role("button", name="Open it").click()
    expect(any_page.get_by_role("heading", level=1)).to_have_text(manifest)
    expect(any_page.locator("tbody tr")).to_have_count(50)
    any_page.get_by_role("link", name="Further items").click()
    expect(any_page.locator("tbody tr")).to_have_count(10)
    any_page.get_by_role("link", name=f"{manifest}.csv").click()
    expect(any_page.get_by_role("heading", level=1)).to_have_text(f"{manifest}.csv")


def test_a_running_import_is_watched_until_it_is_done(page: Page, site: str) -> None:
    name = f"{unique('convoy')}.csv"

    def state() -> str:
        reports = client.get("/api/imports").json()
        return next((report["status"] for report in reports if report["file"] == name), "not there yet")

    with httpx.Client(base_url=site, timeout=120) as client, ThreadPoolExecutor(1) as background:
        sending = background.submit(client.post, "/api/imports", files={"file": (name, cargo(unique("IBIS"), 20_000))})
        wait_until(lambda: state() == "running", 30, "a running import")
        page.goto(PAGE)
        card = page.locator("#imports .card", has_text=name)
        expect(card).to_contain_text("running")
        expect(page.locator("#recent")).to_contain_text(re.compile(r"\d running"))
        expect(card).to_contain_text("20,000 of 20,000 records", timeout=60_000)
        expect(card).to_contain_text("done")
        assert sending.result().status_code == 201


def test_a_file_that_lacks_columns_is_refused_beside_its_field(any_page: Page) -> None:
    choose(any_page, b"manifest_id,item_no,name\nTERN-1,1,Crate of fog\n")
    any_page.locator("#mode").select_option("logged")
    assert press(any_page, "Import it") == 422
    field = any_page.locator("#file")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(any_page.locator("#file-error")).to_have_text("Columns are missing: quantity, weight_kg, destination.")
    expect(field).to_be_focused()
    expect(any_page.locator("#mode")).to_have_value("logged")


def test_the_pages_of_a_file_are_accessible(page: Page) -> None:
    manifest = unique("GANNET")
    choose(page, b"not what belongs here")
    assert press(page, "Import it") == 422
    expect(page.locator("#file-error")).to_be_visible()
    assert grave_violations(page) == []
    choose(page, cargo(manifest, 3) + b"\n,4,Crate of nothing,0,1,Nowhere")
    assert press(page, "Import it") == 303
    expect(page.get_by_role("heading", name="The import is done")).to_be_visible()
    assert grave_violations(page) == []
    page.goto(f"{PAGE}/manifest?manifest_id={manifest}")
    assert grave_violations(page) == []


def test_a_file_can_be_sent_with_the_keyboard_alone(page: Page) -> None:
    manifest = unique("SKUA")
    choose(page, cargo(manifest, 1), f"{manifest}.csv")
    page.locator("#file").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    assert focused_id(page) == "import"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The import is done")).to_be_visible()
