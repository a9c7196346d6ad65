-- Logins and databases of a new server, run once by its superuser; the passwords come from psql's environment.
-- psql -v ON_ERROR_STOP=1 -d postgres -f deployments/postgres/init.sql
\getenv owner_password EVALFLOWS_OWNER_PASSWORD
\getenv app_password EVALFLOWS_APP_PASSWORD
\getenv read_password EVALFLOWS_READ_PASSWORD
\getenv prefect_password PREFECT_DATABASE_PASSWORD

-- Migrates and owns the tables; evaluates (workers, commands); looks (dashboards).
CREATE ROLE evalflows_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE evalflows_app LOGIN PASSWORD :'app_password';
CREATE ROLE evalflows_read LOGIN PASSWORD :'read_password';
GRANT evalflows_app, evalflows_read TO evalflows_owner;
GRANT evalflows_read TO evalflows_app;

CREATE DATABASE evalflows OWNER evalflows_owner TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE evalflows FROM PUBLIC;
GRANT CONNECT ON DATABASE evalflows TO evalflows_app, evalflows_read;
GRANT TEMPORARY ON DATABASE evalflows TO evalflows_app;

-- The Prefect server has a database of its own; nobody else gets in.
CREATE ROLE prefect LOGIN PASSWORD :'prefect_password';
CREATE DATABASE prefect OWNER prefect TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE prefect FROM PUBLIC;
\connect prefect
CREATE EXTENSION pg_trgm;
