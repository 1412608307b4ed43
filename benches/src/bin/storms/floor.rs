//! The least that could be done: whoever comes first detaches the fetch, and its outcome is broadcast.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use authwright_core::Token;
use tokio::sync::watch;

use crate::contestants::{Tasks, Threads};

#[derive(Clone)]
pub(crate) struct TaskFloor {
    fetch: Duration,
    under_way: Arc<Mutex<Option<watch::Receiver<Option<Token>>>>>,
}

impl TaskFloor {
    pub(crate) fn new(fetch: Duration) -> Self {
        Self { fetch, under_way: Arc::default() }
    }
}

impl Tasks for TaskFloor {
    async fn ask(&self) {
        let mut receiver = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            under_way
                .get_or_insert_with(|| {
                    let ((sender, receiver), fetch) = (watch::channel(None), self.fetch);
                    tokio::spawn(async move {
                        tokio::time::sleep(fetch).await;
                        sender.send_replace(Some(Token::new("t0ken")));
                    });
                    receiver
                })
                .clone()
        };
        let token = receiver.wait_for(Option::is_some).await.map(|token| token.clone());
        drop(token);
    }

    fn fetches(&self) -> usize {
        1
    }
}

#[derive(Clone)]
pub(crate) struct ThreadFloor {
    fetch: Duration,
    place: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    started: bool,
    token: Option<Token>,
}

impl ThreadFloor {
    pub(crate) fn new(fetch: Duration) -> Self {
        Self { fetch, place: Arc::default() }
    }
}

impl Threads for ThreadFloor {
    fn ask(&self) {
        let (state, landed) = &*self.place;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut state.started, true) {
            let (place, fetch) = (Arc::clone(&self.place), self.fetch);
            thread::spawn(move || {
                thread::sleep(fetch);
                place.0.lock().unwrap_or_else(PoisonError::into_inner).token = Some(Token::new("t0ken"));
                place.1.notify_all();
            });
        }
        let state = landed.wait_while(state, |state| state.token.is_none());
        drop(state.unwrap_or_else(PoisonError::into_inner).token.clone());
    }

    fn fetches(&self) -> usize {
        1
    }
}
