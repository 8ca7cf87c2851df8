//! `recovery-journal export` and `import`: the same files for who runs the server, without signing in.
