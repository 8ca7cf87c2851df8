//! `POST /v1/sync/changes`.
