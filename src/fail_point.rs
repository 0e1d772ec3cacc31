//! Places at which a test may end the process, and mistakes that a test may plant. Both do nothing without the feature
//! `fail-points`, which no release has.

pub(crate) use openrace_index::fail_point::pass;

/// Whether `OPENRACE_PLANTED_BUG` names this mistake.
#[cfg(feature = "fail-points")]
pub(crate) fn planted(bug: &str) -> bool {
    setting("OPENRACE_PLANTED_BUG") == Some(bug)
}

/// Milliseconds by which `OPENRACE_CLOCK_OFFSET_MS` has this node's clock be wrong.
#[cfg(feature = "fail-points")]
pub(crate) fn clock_offset() -> i64 {
    setting("OPENRACE_CLOCK_OFFSET_MS").and_then(|offset| offset.parse().ok()).unwrap_or(0)
}

#[cfg(feature = "fail-points")]
#[allow(clippy::disallowed_methods, reason = "not a setting of the server: absent from every release")]
fn setting(name: &'static str) -> Option<&'static str> {
    use std::{collections::HashMap, env, sync::LazyLock};

    static SETTINGS: LazyLock<HashMap<&str, String>> = LazyLock::new(|| {
        let read = |name| Some((name, env::var(name).ok()?));
        ["OPENRACE_PLANTED_BUG", "OPENRACE_CLOCK_OFFSET_MS"].into_iter().filter_map(read).collect()
    });
    SETTINGS.get(name).map(String::as_str)
}

#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub(crate) fn planted(_: &str) -> bool {
    false
}

#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub(crate) fn clock_offset() -> i64 {
    0
}
