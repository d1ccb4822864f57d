"""Writing products to the base table, and reading them back from it and from its two views."""

from uuid import UUID

from ..db.paging import Page
from ..db.tokens import after_token
from ..errors import Conflict, NotFound
from .models import Product, ProductByBrand, ProductByCategory
from .schemas import BrandList, CategoryList, ProductCreate, ProductList


def create_product(data: ProductCreate) -> Product:
    """Write a product to the base table; the database writes it to both views. Conflict if its id is taken."""
    product = Product(**data.model_dump())
    # Deletions are transactions, and plain writes must not be mixed with them.
    result = product.insert()
    if not result.applied:
        raise Conflict("There is such a product already.")
    return product


def list_products(query: ProductList) -> Page[Product]:
    """Return products from the base table, in the order of their tokens."""
    found = Product.find().limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(id__token__gt=after_token(query.cursor.bytes))
    return Page.cut(found.all(), query.limit, lambda product: product.id)


def get_product(product_id: UUID) -> Product:
    """Return one product; NotFound if there is none."""
    product = Product.find_one(id=product_id)
    if product is None:
        raise NotFound("There is no such product.")
    return product


def delete_product(product_id: UUID) -> None:
    """Delete a product from the base table, and so from both views; NotFound if there is none, or no longer."""
    result = Product.find(id=product_id).if_exists().delete()
    if not result.applied:
        raise NotFound("There is no such product.")


def list_by_category(query: CategoryList) -> Page[ProductByCategory]:
    """Return a category's products from its partition of the view, by id."""
    found = ProductByCategory.find(category=query.category).limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(id__gt=query.cursor)
    return Page.cut(found.all(), query.limit, lambda product: product.id)


def list_by_brand(query: BrandList) -> Page[ProductByBrand]:
    """Return a brand's products from its partition of the view, by id."""
    found = ProductByBrand.find(brand=query.brand).limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(id__gt=query.cursor)
    return Page.cut(found.all(), query.limit, lambda product: product.id)
