"""Brings Airflow's database up to date and creates the pool that the Spark tasks queue in.

Run by the stack in Airflow's environment, since Airflow reads its configuration while it is imported: `python -m local.stack.airflow_database`.
"""

import click

from local.stack.stack_environment import SPARK_POOL


@click.command(help=__doc__)
@click.option("--spark-slots", type=int, required=True, help="Spark tasks that run at once.")
def main(spark_slots: int) -> None:
    from airflow.models.pool import Pool
    from airflow.utils.db import upgradedb

    upgradedb()
    Pool.create_or_update_pool(SPARK_POOL, slots=spark_slots, description="Spark applications at once", include_deferred=False)
    click.echo(f"Airflow's database is up to date; pool {SPARK_POOL} has {spark_slots} slots")


if __name__ == "__main__":
    main()
