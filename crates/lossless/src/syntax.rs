use std::fmt::Debug;

/// A grammar that cuts a text into statements. The value itself is the dialect.
///
/// The core does the tiling: a format cannot leave a hole, and whatever bytes come, reading them never fails.
pub trait Syntax: Clone {
    /// All that the text to the left says about what follows: `()` where a statement means the same everywhere.
    ///
    /// It speaks of content, never of positions or ordinals, so that the states of two texts can be compared.
    type State: Clone + Eq + Default + Debug;

    /// What sort of statement a row holds, one byte: comment, setting, opaque and why, …
    type Kind: Copy + Eq + Debug;

    /// Reads the one statement that begins at `at` (always less than `text.len()`) and says where it ends.
    ///
    /// The end must lie behind `at`. It may depend on `text[at..end]`, on whether text follows the end, and on
    /// `state`: on nothing else, or re-reading after an edit would disagree with a fresh read. A statement that is
    /// still open where `text` stops ends there. `state` becomes what the statement leaves to those behind it.
    fn step(&self, text: &[u8], at: usize, state: &mut Self::State) -> (usize, Self::Kind);
}
