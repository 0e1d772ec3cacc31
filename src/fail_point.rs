//! Places at which a test may end the process, mistakes that it may plant, and a clock that it may set wrong. They do nothing
//! without the feature `fail-points`, which no release has.

pub(crate) use openrace_index::fail_point::{pass, planted};

/// Milliseconds by which `OPENRACE_CLOCK_OFFSET_MS` has this node's clock be wrong.
#[cfg(feature = "fail-points")]
#[allow(clippy::disallowed_methods, reason = "not a setting of the server: absent from every release")]
pub(crate) fn clock_offset() -> i64 {
    static OFFSET: std::sync::LazyLock<i64> = std::sync::LazyLock::new(|| {
        std::env::var("OPENRACE_CLOCK_OFFSET_MS").ok().and_then(|offset| offset.parse().ok()).unwrap_or(0)
    });

    *OFFSET
}

#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub(crate) fn clock_offset() -> i64 {
    0
}
