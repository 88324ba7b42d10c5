//! The smallest file that still shows a difference.

use std::ops::Range;

/// Takes out ever smaller parts, first of lines, then of bytes, as long as the difference stays. `shows` is asked
/// about many files at once; when it fails, the file stays as small as it is.
pub fn shrink<E>(file: &[u8], mut shows: impl FnMut(&[Vec<u8>]) -> Result<Vec<bool>, E>) -> Result<Vec<u8>, E> {
    let mut file = file.to_vec();
    for cut in [lines, bytes] {
        let mut parts = cut(&file).len().div_ceil(2);
        while parts > 0 {
            let pieces = cut(&file);
            let groups: Vec<Range<usize>> =
                pieces.chunks(parts).map(|part| part[0].start..part[part.len() - 1].end).collect();
            let each: Vec<Vec<u8>> = groups.iter().map(|group| without(&file, std::slice::from_ref(group))).collect();
            let shown = shows(&each)?;
            let dispensable: Vec<Range<usize>> =
                groups.into_iter().zip(shown).filter_map(|(group, shown)| shown.then_some(group)).collect();
            match dispensable.len() {
                0 => parts /= 2,
                1 => file = without(&file, &dispensable),
                _ => {
                    // What can go alone may often go together.
                    let counts = std::iter::successors(Some(dispensable.len()), |count| Some(count / 2));
                    let fewer: Vec<Vec<u8>> = counts
                        .take_while(|count| *count > 0)
                        .map(|count| without(&file, &dispensable[..count]))
                        .collect();
                    let smaller = shows(&fewer)?.iter().position(|shown| *shown).unwrap_or(fewer.len() - 1);
                    file = fewer[smaller].clone();
                }
            }
            parts = parts.min(cut(&file).len());
        }
    }
    Ok(file)
}

fn without(file: &[u8], gone: &[Range<usize>]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(file.len());
    let mut at = 0;
    for range in gone {
        kept.extend_from_slice(&file[at..range.start]);
        at = range.end;
    }
    kept.extend_from_slice(&file[at..]);
    kept
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
