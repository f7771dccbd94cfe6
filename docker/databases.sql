-- Beside Airflow's own database: the Iceberg catalog.
CREATE DATABASE lake;
