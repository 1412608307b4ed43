//! A value most requests have no use for: one word, and nothing to do when it is dropped unused.

/// An `Option<Box<T>>` whose destructor is a test where there is nothing: the compiler makes a call of it otherwise, and
/// every request would pay for that.
pub(crate) struct Seldom<T>(Option<Box<T>>);

impl<T> Seldom<T> {
    pub(crate) const NOTHING: Self = Self(None);

    #[inline]
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    #[inline]
    pub(crate) fn as_ref(&self) -> Option<&T> {
        self.0.as_deref()
    }

    #[inline]
    pub(crate) fn as_mut(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }
}

impl<T: Default> Seldom<T> {
    #[cold]
    pub(crate) fn get_or_default(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

impl<T> Drop for Seldom<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            used(value);
        }
    }
}

#[cold]
#[inline(never)]
#[allow(clippy::boxed_local)] // it is there to be dropped
fn used<T>(value: Box<T>) {
    drop(value);
}
