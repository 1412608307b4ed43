//! Logins that are over: a state is good once (RFC 6749 section 10.12).

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use authwright_core::store::fnv_1a;

/// So many are remembered. A login that is finished twice by one process is finished twice within minutes; across machines it
/// is the server that takes no code twice.
const MOST: usize = 4096;

/// Of the whole process: two sessions may be made of one registration, and a state is random, so that one list serves all.
static FINISHED: Mutex<VecDeque<u128>> = Mutex::new(VecDeque::new());

/// Notes that a login is being finished. Whether it is the first time.
pub(super) fn is_first(state: &str) -> bool {
    let mark = fnv_1a(state.as_bytes());
    let mut known = FINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    if known.contains(&mark) {
        return false;
    }
    if known.len() == MOST {
        known.pop_front();
    }
    known.push_back(mark);
    true
}
