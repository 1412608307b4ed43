//! Records come back as they were, as a whole, or not at all.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{Fresh, Open, join, load, load_locked, lock, remove, save};

pub(super) fn nothing_stored_is_none(open: Open<'_>) {
    let fresh = Fresh::new(open);
    assert_eq!(fresh.load(), None);
    let store = fresh.store();
    assert_eq!(load_locked(&mut *lock(&*store, &fresh.key)), None, "under the lock");
}

pub(super) fn bytes_come_back_through_another_instance(open: Open<'_>) {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let large: Vec<u8> = every_byte.iter().copied().cycle().take(64 * 1024).collect();
    let records: [&[u8]; 8] =
        [b"", b"x", b"\0", b"\xff\xfe\0\0\xc3\x28", b"line\r\nbreaks\n", b"  blanks  ", &every_byte, &large];
    for record in records {
        let fresh = Fresh::new(open);
        fresh.save(record);
        let found = fresh.load();
        assert!(found.as_deref() == Some(record), "{} bytes came back as {}", record.len(), length(found));
    }
}

pub(super) fn save_replaces(open: Open<'_>) {
    let fresh = Fresh::new(open);
    let store = fresh.store();
    let mut guard = lock(&*store, &fresh.key);
    for record in [&b"first"[..], b"the second, longer", b"3rd", b""] {
        save(&mut *guard, record);
        assert_eq!(load_locked(&mut *guard).as_deref(), Some(record), "under the lock");
        assert_eq!(fresh.load().as_deref(), Some(record), "through another instance");
    }
}

pub(super) fn remove_removes(open: Open<'_>) {
    let fresh = Fresh::new(open);
    fresh.save(b"here");
    let store = fresh.store();
    let mut guard = lock(&*store, &fresh.key);
    remove(&mut *guard);
    assert_eq!(load_locked(&mut *guard), None, "under the lock");
    assert_eq!(fresh.load(), None, "through another instance");
    save(&mut *guard, b"again");
    assert_eq!(fresh.load().as_deref(), Some(&b"again"[..]), "saved after it was removed");
}

pub(super) fn remove_of_nothing_is_no_error(open: Open<'_>) {
    let fresh = Fresh::new(open);
    let store = fresh.store();
    let mut guard = lock(&*store, &fresh.key);
    remove(&mut *guard);
    remove(&mut *guard);
    assert_eq!(load_locked(&mut *guard), None);
}

/// Two large records take turns, each of one letter and of a length that goes with it.
pub(super) fn readers_never_see_a_mixture(open: Open<'_>) {
    const SAVES: usize = 200;
    const RECORDS: [(u8, usize); 2] = [(b'a', 40_000), (b'b', 64_000)];
    let fresh = Fresh::new(open);
    let record = |turn: usize| vec![RECORDS[turn % 2].0; RECORDS[turn % 2].1];
    fresh.save(&record(0));
    let (ready, done) = (Barrier::new(3), AtomicBool::new(false));
    let (store, readers) = (fresh.store(), [fresh.store(), fresh.store()]);
    thread::scope(|scope| {
        let threads = readers.each_ref().map(|reader| {
            scope.spawn(|| {
                let _done = SetOnDrop(&done);
                ready.wait();
                while !done.load(Ordering::Relaxed) {
                    let found = load(&**reader, &fresh.key).expect("there is a record all the time");
                    let whole = found.first().is_some_and(|&letter| {
                        RECORDS.contains(&(letter, found.len())) && found.iter().all(|&other| other == letter)
                    });
                    assert!(whole, "a reader saw a mixture of two records");
                }
            })
        });
        let writer = scope.spawn(|| {
            let _done = SetOnDrop(&done);
            ready.wait();
            let mut guard = lock(&*store, &fresh.key);
            for turn in (1..=SAVES).take_while(|_| !done.load(Ordering::Relaxed)) {
                save(&mut *guard, &record(turn));
            }
        });
        for thread in threads {
            join(thread.join());
        }
        join(writer.join());
    });
}

/// Whoever ends first, by a panic too, ends the others.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn length(record: Option<Vec<u8>>) -> String {
    record.map_or_else(|| "nothing".into(), |bytes| format!("{} bytes that differ", bytes.len()))
}
