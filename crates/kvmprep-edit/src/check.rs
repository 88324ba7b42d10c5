//! `check`: how a host stands to what profiles want.

use anstyle::{AnsiColor, Style};
use camino::Utf8Path;
use kvmprep_host_files::Root;
use kvmprep_lossless::effective::Source;
use kvmprep_lossless::{Edit, Place, Taken, Value, value};
use kvmprep_profile::{CheckReport, FileFault, Plan, Report, Standing, Unplanned, Wish};

use crate::cli::HostArgs;
use crate::failure::{Ending, Failure};
use crate::host::{Shown, ending, planned, shown_path, tell};
use crate::output::Output;
use crate::render;
use crate::render::table::Table;

/// Longer values are cut in the table; `explain` shows them whole.
const WIDEST: usize = 40;

/// Prints what every setting of the profiles is and should be.
pub fn check(args: &HostArgs, output: &mut Output) -> Result<Ending, Failure> {
    let plan = planned(args, &Root::open(&args.root)?)?;
    let stands = |wish| matches!(plan.standing(wish), Standing::Ok | Standing::Skipped(_) | Standing::Refused(_));
    let differs = !plan.wishes.iter().all(stands);
    if output.json {
        output.report(&Report::Check(CheckReport::of(&plan)))?;
    } else {
        table(&plan).print(output)?;
        tell(&plan, Shown::Files, output);
    }
    Ok(ending(&plan, differs))
}

fn table(plan: &Plan) -> Table {
    let mut table = Table::new(&["FILE", "SETTING", "WANTED", "WRITTEN", "EFFECTIVE", "SET IN", "VERDICT"]);
    for wish in &plan.wishes {
        let set_in = set_in(plan, wish);
        let (mut verdict, style) = verdict(wish, plan.standing(wish), &set_in);
        if let Some(why) = plan.in_force_by(wish) {
            verdict.push_str(&format!(": in force now ({why}), but the file says otherwise"));
        }
        let file = shown_path(&wish.path).to_owned();
        let written = cut(written(plan, wish));
        let effective = cut(effective(plan, wish));
        let cells = vec![file, wish.edit.key().clone(), wanted(wish), written, effective, set_in, verdict];
        table.row(style, cells);
    }
    let of_file = |path: &Utf8Path, verdict: String| {
        let mut cells = vec![String::new(); 7];
        cells[0] = shown_path(path).to_owned();
        cells[6] = verdict;
        cells
    };
    for Unplanned { path, fault } in &plan.unplanned {
        let verdict = match fault {
            FileFault::Missing => "missing: the file does not exist".to_owned(),
            FileFault::Unreadable(why) => format!("unknown: {why}"),
        };
        table.row(AnsiColor::Red.on_default().bold(), of_file(path, verdict));
    }
    for skipped in &plan.skipped {
        table.row(Style::new().dimmed(), of_file(&skipped.path, format!("skipped: {}", skipped.reason)));
    }
    table
}

fn wanted(wish: &Wish) -> String {
    match &wish.edit {
        Edit::Add { item, .. } => format!("has {}", value::shown(item)),
        Edit::Remove { item, .. } => format!("without {}", value::shown(item)),
        Edit::Unset { .. } | Edit::Disable { .. } => "not set".to_owned(),
        Edit::Set { .. } => render::wanted(&wish.edit).unwrap_or_default(),
    }
}

/// In a word; where another place is to blame than the one beside it, with that.
fn verdict(wish: &Wish, standing: Standing, set_in: &str) -> (String, Style) {
    match standing {
        Standing::Ok => ("ok".to_owned(), AnsiColor::Green.on_default()),
        Standing::Differs => ("differs".to_owned(), AnsiColor::Red.on_default()),
        Standing::Shadowed(shadow) => {
            let takes_out = wish.edit.takes_out();
            let (how, by) = if takes_out { ("still set", "in") } else { ("shadowed", "by") };
            let told = match shadow.by.map(|site| (site.to_string(), site.path == wish.path)) {
                None => format!("not read by {}", shadow.consumer),
                Some((site, _)) if site == set_in => how.to_owned(),
                // In the same file, the place alone does not say by which rule.
                Some((site, true)) if !takes_out => format!("{how} {by} {site}: {}", shadow.why),
                Some((site, _)) => format!("{how} {by} {site}"),
            };
            (told, AnsiColor::Red.on_default())
        }
        Standing::Unknown(why) => (format!("unknown: {why}"), AnsiColor::Yellow.on_default()),
        Standing::Skipped(reason) => (format!("skipped: {reason}"), Style::new().dimmed()),
        Standing::Refused(_) => ("refused".to_owned(), AnsiColor::Red.on_default().bold()),
    }
}

/// What the file that the profile names says, in a word or two.
fn written(plan: &Plan, wish: &Wish) -> String {
    let said = |taken: &Taken| {
        let said = taken.settings.iter().map(|setting| told(plan, wish, Some(&setting.value)));
        let mut said: Vec<String> = said.collect();
        said.dedup();
        if said.is_empty() { "-".to_owned() } else { said.join(", ") }
    };
    by_whom(wish.written.iter().map(|taken| (taken.readers.join(", "), said(taken))))
}

/// What the consumers take, in a word or two.
fn effective(plan: &Plan, wish: &Wish) -> String {
    by_whom(
        plan.decisions(wish)
            .map(|decision| (decision.point.consumer.clone(), told(plan, wish, decision.value.as_ref()))),
    )
}

/// Where what they take is set: in the file that is named its lines, in another one its path and line.
fn set_in(plan: &Plan, wish: &Wish) -> String {
    let own = &plan.files[wish.file].real;
    let mut sites: Vec<(&Source, usize)> = Vec::new();
    for at in plan.decisions(wish).flat_map(|decision| &decision.at) {
        let Some(source) = wish.before.sources.get(at.source) else { continue };
        let site = (source, Place::of(&source.text, at.span.start).line);
        if !sites.contains(&site) {
            sites.push(site);
        }
    }
    let named = |of: &[(&Source, usize)]| {
        let (source, lines) = (of[0].0, of.iter().map(|(_, line)| line.to_string()).collect::<Vec<_>>().join(","));
        match source.real == *own {
            true if of.len() > 1 => format!("lines {lines}"),
            true => format!("line {lines}"),
            false => format!("{}:{lines}", shown_path(&source.path)),
        }
    };
    let files: Vec<String> = sites.chunk_by(|one, next| one.0 == next.0).map(named).collect();
    if files.is_empty() { "-".to_owned() } else { files.join("; ") }
}

/// One answer where all agree, else each by whose it is.
fn by_whom(answers: impl Iterator<Item = (String, String)>) -> String {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for (who, said) in answers {
        match all.iter_mut().find(|(known, _)| *known == who) {
            // More would be cut.
            Some((_, known)) if known.len() > WIDEST || known.contains(&said) => {}
            Some((_, known)) => known.push(said),
            None => all.push((who, vec![said])),
        }
    }
    match all.as_slice() {
        [] => "-".to_owned(),
        [(_, first), rest @ ..] if rest.iter().all(|(_, other)| other == first) => first.join(", "),
        several => {
            several.iter().map(|(who, said)| format!("{who}: {}", said.join(", "))).collect::<Vec<_>>().join("; ")
        }
    }
}

/// A value; of a list its items, however they are written.
fn told(plan: &Plan, wish: &Wish, taken: Option<&Value>) -> String {
    match taken {
        Some(Value::Known(values)) => {
            let items = plan.files[wish.file].consumers.items(wish.edit.key(), values);
            items.iter().map(|item| value::shown(item)).collect::<Vec<_>>().join(" ")
        }
        Some(Value::Unknown(_)) => "unknown".to_owned(),
        None => "-".to_owned(),
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
