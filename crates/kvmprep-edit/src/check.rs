//! `check`: how a host stands to what profiles want.

use anstyle::{AnsiColor, Style};
use kvmprep_host_files::Root;
use kvmprep_lossless::effective::Decision;
use kvmprep_lossless::{Edit, Taken, Value, value};
use kvmprep_profile::{CheckReport, Plan, Report, Standing, Wish};

use crate::cli::HostArgs;
use crate::failure::{Ending, Failure};
use crate::host::{planned, shown_path, tell};
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
        tell(&plan, output);
    }
    Ok(match (plan.refusals().next(), differs) {
        (Some(_), _) => Ending::Refused,
        (None, true) => Ending::Differs,
        (None, false) => Ending::Done,
    })
}

fn table(plan: &Plan) -> Table {
    let mut table = Table::new(&["FILE", "SETTING", "WANTED", "WRITTEN", "EFFECTIVE", "VERDICT"]);
    for wish in &plan.wishes {
        let (mut verdict, style) = verdict(wish, plan.standing(wish));
        if let Some(why) = plan.in_force_by(wish) {
            verdict.push_str(&format!(": in force now ({why}), but the file says otherwise"));
        }
        let file = shown_path(&wish.path).to_owned();
        let written = cut(written(&wish.written));
        let effective = cut(effective(plan, wish));
        table.row(style, vec![file, wish.edit.key().clone(), wanted(wish), written, effective, verdict]);
    }
    for skipped in &plan.skipped {
        let mut cells = vec![String::new(); 6];
        cells[0] = shown_path(&skipped.path).to_owned();
        cells[5] = format!("skipped: {}", skipped.reason);
        table.row(Style::new().dimmed(), cells);
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

fn verdict(wish: &Wish, standing: Standing) -> (String, Style) {
    match standing {
        Standing::Ok => ("ok".to_owned(), AnsiColor::Green.on_default()),
        Standing::Differs => ("differs".to_owned(), AnsiColor::Red.on_default()),
        Standing::Shadowed(shadow) => {
            let by = match shadow.by {
                None => format!("not read by {}", shadow.consumer),
                // In the same file, the place alone does not say by which rule.
                Some(by) if by.path == wish.path => format!("shadowed by {by}: {}", shadow.why),
                Some(by) => format!("shadowed by {by}"),
            };
            (by, AnsiColor::Red.on_default())
        }
        Standing::Unknown(why) => (format!("unknown: {why}"), AnsiColor::Yellow.on_default()),
        Standing::Skipped(reason) => (format!("skipped: {reason}"), Style::new().dimmed()),
        Standing::Refused(_) => ("refused".to_owned(), AnsiColor::Red.on_default().bold()),
    }
}

/// What the file says, in a word or two.
fn written(found: &[Taken]) -> String {
    let said = |taken: &Taken| {
        let mut said: Vec<String> = taken.settings.iter().map(|setting| told(Some(&setting.value))).collect();
        said.dedup();
        if said.is_empty() { "-".to_owned() } else { said.join(", ") }
    };
    by_whom(found.iter().map(|taken| (taken.readers.join(", "), said(taken))))
}

/// What the consumers take, in a word or two.
fn effective(plan: &Plan, wish: &Wish) -> String {
    let consumers = &plan.files[wish.file].consumers;
    let counts =
        |decision: &&Decision<String>| decision.point.when.is_none() && consumers.concerns(&wish.edit, &decision.point);
    by_whom(
        wish.before
            .decisions
            .iter()
            .filter(counts)
            .map(|decision| (decision.point.consumer.clone(), told(decision.value.as_ref()))),
    )
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

fn told(taken: Option<&Value>) -> String {
    match taken {
        Some(Value::Known(values)) => values.iter().map(|value| value::shown(value)).collect::<Vec<_>>().join(" "),
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
