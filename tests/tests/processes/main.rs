//! Several processes with one login in one store, some of which are killed. Here the store is files; the same on Redis is
//! in `interop`.

mod backend;
mod child;
mod fleet;
mod kills;
