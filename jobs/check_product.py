"""Say whether a product's declaration can be worked with, and what follows from it: `python -m jobs.check_product harbor.py`.

PRODUCT is a name of jobs/products/ or the path of a file that defines PRODUCT; without it, the product of the settings is checked. Every
problem is named with its field and what is allowed. Fails if there is any.
"""

import click

from jobs.commands.command_line import EntryPoint
from jobs.declarations.product import Product
from jobs.products.chosen import PRODUCT as CHOSEN
from jobs.products.chosen import ProductError, load_product
from jobs.products.product_problems import product_problems
from jobs.wording.shown_numbers import plural


@click.command(cls=EntryPoint, help=__doc__)
@click.argument("product", required=False)
def main(product: str | None) -> None:
    try:
        declared = CHOSEN if product is None else load_product(product)
    except ProductError as error:
        raise click.ClickException(str(error)) from error
    problems = product_problems(declared)
    if problems:
        raise click.ClickException("\n".join([f"{declared.name}: {plural(len(problems), 'problem')}", *problems]))
    click.echo(described(declared))


def described(product: Product) -> str:
    """What a product is made of, in a few lines."""
    scored = [measure for measure in product.measures if measure.scoring]
    deciding = [
        f"{measure.name} ({measure.scoring.alarm_share:.0%} of false alarms)"
        for measure in scored
        if measure.scoring and measure.scoring.is_critical
    ]
    watched = [measure.name for measure in scored if measure.scoring and not measure.scoring.is_critical]
    lines = [
        f"{product.name}: {product.label}, {plural(len(product.ping_types), 'ping type')} ({', '.join(product.ping_types)})",
        f"channels: {', '.join(channel.name for channel in product.channels)}",
        f"dimensions: {', '.join(dimension.name for dimension in product.dimensions)}",
        f"measures: {', '.join(measure.name for measure in product.measures)}",
        f"decides: {', '.join(deciding)}",
    ]
    return "\n".join(lines + ([f"watched: {', '.join(watched)}"] if watched else []))


if __name__ == "__main__":
    main()
