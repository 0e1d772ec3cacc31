//! How far the load is, for someone who watches.

use indicatif::{ProgressBar, ProgressStyle};

const SHAPE: &str = "{bar:30} {human_pos} of {human_len} products, {per_sec}, {eta} left";

/// A bar on standard error; nothing when that is not a terminal.
pub(super) fn bar(products: i64) -> ProgressBar {
    let style = ProgressStyle::with_template(SHAPE).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(products.unsigned_abs()).with_style(style)
}
