//! The smallest file that still shows a difference.

use std::ops::Range;

/// Takes out ever smaller parts, first of lines, then of bytes, as long as the difference stays. `shows` is asked
/// about many files at once; when it fails, the file stays as small as it is.
pub fn shrink<E>(file: &[u8], mut shows: impl FnMut(&[Vec<u8>]) -> Result<Vec<bool>, E>) -> Result<Vec<u8>, E> {
    let mut file = file.to_vec();
    for cut in [lines, bytes] {
        let mut parts = cut(&file).len().div_ceil(2);
        while parts > 0 {
            let without = without(&file, &cut(&file), parts);
            match shows(&without)?.iter().position(|shown| *shown) {
                Some(smaller) => file = without[smaller].clone(),
                None => parts /= 2,
            }
            parts = parts.min(cut(&file).len());
        }
    }
    Ok(file)
}

/// The file without so many neighbouring pieces, for each place where they stand.
fn without(file: &[u8], pieces: &[Range<usize>], parts: usize) -> Vec<Vec<u8>> {
    let cut = |part: &[Range<usize>]| [&file[..part[0].start], &file[part[part.len() - 1].end..]].concat();
    pieces.chunks(parts).map(cut).collect()
}

fn lines(file: &[u8]) -> Vec<Range<usize>> {
    let mut start = 0;
    file.split_inclusive(|&byte| byte == b'\n')
        .map(|line| {
            let end = start + line.len();
            std::mem::replace(&mut start, end)..end
        })
        .collect()
}

fn bytes(file: &[u8]) -> Vec<Range<usize>> {
    (0..file.len()).map(|at| at..at + 1).collect()
}
