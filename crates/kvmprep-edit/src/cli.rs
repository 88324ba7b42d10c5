//! The command line as clap reads it; its doc-comments are the help texts and the man pages.

use camino::Utf8PathBuf;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use kvmprep_host_files::TransactionId;
use kvmprep_lossless::diff::CONTEXT;
use kvmprep_profile::{Connection, FileType, Host, Map, Placement, Readers};

/// Show and make the edits that prepare a Linux host, without breaking its files.
///
/// Nothing but what is asked for changes: comments, spacing, line endings and odd bytes stay. The default is to show a
/// diff; only `apply` and `--write` write.
///
/// Exit status: 0 done, or nothing to do; 1 `diff`, `check` or `lint` found something; 2 usage, or an invalid profile;
/// 3 conflict: a file changed meanwhile; 4 refused; 5 input or output failed, nothing changed; 6 uncertain: the message
/// names the files; 7 another run is at work.
#[derive(Parser)]
#[command(name = "kvmprep-edit", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub look: Look,
    #[command(subcommand)]
    pub command: Command,
}

/// How output looks.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub struct Look {
    /// What to print
    #[arg(long, global = true, value_enum, default_value_t = OutputFormat::Text)]
    pub format: OutputFormat,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Print errors alone besides what was asked for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say of every edit what became of it, and why it is wanted
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Lines of context in diffs
    #[arg(long, global = true, value_name = "N", default_value_t = CONTEXT)]
    pub context: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
pub enum Command {
    /// Print the diff of what a profile would change
    Diff(DiffArgs),
    /// Make the changes of a profile, or those of a plan
    Apply(ApplyArgs),
    /// Check every setting of a profile: wanted, written, in force
    Check(HostArgs),
    /// Tell who decides a key on a host and why, and what an edit would bring about
    Explain(ExplainArgs),
    /// Report what is dead, duplicate, deprecated, weak or likely a mistake in files
    Lint(LintArgs),
    /// Print what a file says of a key
    Get {
        #[command(flatten)]
        file: FileArgs,
        /// The key, as the file's format writes it
        key: String,
    },
    /// Give a key a value
    Set {
        #[command(flatten)]
        file: FileArgs,
        /// The key, as the file's format writes it
        key: String,
        /// The value, several for a list; put `--` before one that begins with `-`
        #[arg(required = true)]
        value: Vec<String>,
        /// Begin the file where it does not exist
        #[arg(long)]
        create: bool,
        #[command(flatten)]
        manner: MannerArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Take a key out of the file
    Unset {
        #[command(flatten)]
        file: FileArgs,
        /// The key, as the file's format writes it
        key: String,
        #[command(flatten)]
        manner: MannerArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Comment a key out
    Disable {
        #[command(flatten)]
        file: FileArgs,
        /// The key, as the file's format writes it
        key: String,
        #[command(flatten)]
        manner: MannerArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Put an item into a list
    Add {
        #[command(flatten)]
        file: FileArgs,
        /// The key of the list
        key: String,
        /// The item; put `--` before one that begins with `-`
        item: String,
        /// Begin the file where it does not exist
        #[arg(long)]
        create: bool,
        #[command(flatten)]
        manner: MannerArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Take an item out of a list
    Remove {
        #[command(flatten)]
        file: FileArgs,
        /// The key of the list
        key: String,
        /// The item; put `--` before one that begins with `-`
        item: String,
        #[command(flatten)]
        manner: MannerArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Print all settings of a file as its consumer reads them, with line numbers
    Show {
        #[command(flatten)]
        file: FileArgs,
    },
    /// Apply a unified diff: all files or none, found by content, silently where it is applied already
    Patch(PatchArgs),
    /// Make the files of a transaction what they were before it
    Undo {
        /// The transaction, as `status` names it; the last one without it
        id: Option<TransactionId>,
        #[command(flatten)]
        root: RootArgs,
        #[command(flatten)]
        writing: WriteArgs,
    },
    /// Finish or take back what a run that died left half-done; every run that writes does so first
    Recover {
        #[command(flatten)]
        root: RootArgs,
        #[command(flatten)]
        state: StateArgs,
    },
    /// List the transactions that can be undone, and those that are open
    Status {
        #[command(flatten)]
        root: RootArgs,
        #[command(flatten)]
        state: StateArgs,
    },
    /// List the built-in profiles, or print one
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Print a completion script
    Completions {
        /// For which shell
        shell: Shell,
    },
    /// Write the man pages into a directory
    Man {
        /// Where to
        directory: Utf8PathBuf,
    },
    /// Print the JSON Schema of what `--format json` prints
    Schema,
}

#[derive(Subcommand)]
pub enum ProfileCommand {
    /// List the built-in profiles
    List,
    /// Print a built-in profile, to read it or to start another from it
    Show {
        /// Its name
        name: String,
    },
}

#[derive(Args)]
pub struct PatchArgs {
    /// The diff; standard input without it
    pub diff: Option<Utf8PathBuf>,
    /// How many components of the names in the diff are left out
    #[arg(short = 'p', long, value_name = "N", default_value_t = 1)]
    pub strip: usize,
    /// Take the diff back
    #[arg(short = 'R', long)]
    pub reverse: bool,
    /// Write nothing; exit status 1 where something would be
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub root: RootArgs,
    #[command(flatten)]
    pub writing: WriteArgs,
}

#[derive(Args)]
pub struct RootArgs {
    /// The host's root directory
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: Utf8PathBuf,
}

#[derive(Args)]
pub struct HostArgs {
    /// The host's root directory
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: Utf8PathBuf,
    /// A built-in profile, or a profile file; may be given several times
    #[arg(long, value_name = "NAME|FILE", default_value = "kvm-host")]
    pub profile: Vec<String>,
    /// A host of the migration set; may be given several times
    #[arg(long = "host", value_name = "ADDR=NAME[,ALIAS...]")]
    pub hosts: Vec<Host>,
    /// A TOML file of variables: `[[hosts]]` with `address` and `names`
    #[arg(long, value_name = "FILE")]
    pub vars: Option<Utf8PathBuf>,
    /// Look only at this file of the profile; may be given several times
    #[arg(long = "file", value_name = "PATH")]
    pub files: Vec<Utf8PathBuf>,
    /// Where edits go, where a daemon reads several files; default: what the profile says, else `auto`
    #[arg(long, value_enum)]
    pub place: Option<PlaceArg>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlaceArg {
    /// The file that the profile names, unless a drop-in decides: then that one, or a new one where it is not ours to edit
    Auto,
    /// The file that the profile names
    Main,
    /// The drop-in that decides, else a new one whose name wins; refused where no file could have one
    DropIn,
}

impl From<PlaceArg> for Placement {
    fn from(place: PlaceArg) -> Self {
        match place {
            PlaceArg::Auto => Self::Auto,
            PlaceArg::Main => Self::Main,
            PlaceArg::DropIn => Self::DropIn,
        }
    }
}

#[derive(Args)]
pub struct DiffArgs {
    #[command(flatten)]
    pub host: HostArgs,
    /// Write the plan into a file too, for `apply`
    #[arg(long, value_name = "FILE")]
    pub plan: Option<Utf8PathBuf>,
}

#[derive(Args)]
pub struct ApplyArgs {
    /// A plan of `diff --plan`: carried out as it stands, or refused where a file is not the one it was made for
    #[arg(value_name = "PLAN", conflicts_with_all = ["profile", "hosts", "vars", "files", "place", "dry_run"])]
    pub plan: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub host: HostArgs,
    /// Print the diff instead, as `diff` does
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub writing: WriteArgs,
}

/// How files are written.
#[derive(Args, Default)]
#[command(next_help_heading = "Writing")]
pub struct WriteArgs {
    /// Write also where others than root and the caller could exchange a file or directory on the way
    #[arg(long)]
    pub allow_unsafe_dir: bool,
    /// Write over the file instead of giving its name to a new one: hard links stay, and readers may see a mixture
    #[arg(long)]
    pub in_place: bool,
    /// What to do with a file of several hard links
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "in_place")]
    pub hardlinks: Option<HardLinksArg>,
    /// Write although owner, mode or an attribute cannot be kept
    #[arg(long)]
    pub lossy_metadata: bool,
    /// Refuse also what the daemon refused before: by default that is a warning
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub state: StateArgs,
}

#[derive(Args, Default)]
pub struct StateArgs {
    /// Where the lock, the journal and the backups are; default: /var/lib/kvmprep-edit of the root, or below the home of a
    /// caller who is not root
    #[arg(long = "state", value_name = "DIR", env = "KVMPREP_EDIT_STATE", hide_env_values = true)]
    pub directory: Option<Utf8PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HardLinksArg {
    /// Give the name that was asked for a file of its own
    Break,
}

#[derive(Args)]
pub struct FileArgs {
    /// The file; `-` is standard input
    pub file: Utf8PathBuf,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// How a file is read, and within which root.
#[derive(Args)]
pub struct ReadingArgs {
    /// The file's type; usually the path tells
    #[arg(long = "type", value_name = "TYPE", value_parser = file_types())]
    pub file_type: Option<FileType>,
    /// Who reads a sysconfig file; usually both may
    #[arg(long, value_enum)]
    pub reader: Option<ReaderArg>,
    /// The release that reads the file, as el8 or debian12, or a version of the program, as 8.0 of OpenSSH; usually the
    /// one that the host's os-release names, for a file below its /etc or /usr, else the newest that is known
    #[arg(long, value_name = "VERSION")]
    pub dialect: Option<String>,
    /// The host's root directory, which FILE is then within
    #[arg(long, value_name = "DIR")]
    pub root: Option<Utf8PathBuf>,
}

#[derive(Args)]
pub struct ExplainArgs {
    /// The file and the key; the key alone where `--type` tells which file is meant
    #[arg(required = true, num_args = 1..=2, value_names = ["FILE", "KEY"])]
    pub what: Vec<String>,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The connection sshd is asked about, as `sshd -C` takes it: user=bob,addr=192.0.2.9
    #[arg(long, value_name = "SPEC")]
    pub connection: Option<Connection>,
    /// The map multipathd is asked about: its WWID, and what is known of its paths, as in
    /// 3600a0b80000f1234,vendor=HP,product=HSV210,protocol=scsi:fcp; KEY may then be a keyword alone
    #[arg(long, value_name = "SPEC")]
    pub map: Option<Map>,
}

#[derive(Args)]
pub struct LintArgs {
    /// The files
    #[arg(required = true)]
    pub files: Vec<Utf8PathBuf>,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Print the diff of what can be mended safely
    #[arg(long)]
    pub fix: bool,
    /// Write what is mended instead of printing the diff
    #[arg(long, requires = "fix")]
    pub write: bool,
    #[command(flatten)]
    pub writing: WriteArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReaderArg {
    Shell,
    Systemd,
    Both,
}

impl From<ReaderArg> for Readers {
    fn from(reader: ReaderArg) -> Self {
        match reader {
            ReaderArg::Shell => Self::Shell,
            ReaderArg::Systemd => Self::Systemd,
            ReaderArg::Both => Self::Both,
        }
    }
}

#[derive(Args)]
pub struct MannerArgs {
    /// Keep a commented default and write the live line below it
    #[arg(long, conflicts_with = "absent")]
    pub keep_default: bool,
    /// What to do where the key has no live place
    #[arg(long, value_enum)]
    pub absent: Option<AbsentArg>,
    /// Take out live places of the key that do not count
    #[arg(long)]
    pub dedupe: bool,
    /// Override a refusal by its code; may be given several times
    #[arg(long, value_name = "CODE")]
    pub allow: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AbsentArg {
    /// Change nothing
    Leave,
    /// Write a list relative to the built-in default
    Plus,
}

#[derive(Args)]
pub struct OutputArgs {
    /// Write the file instead of printing the diff
    #[arg(long, conflicts_with = "output")]
    pub write: bool,
    /// Write the edited text elsewhere; `-` is standard output
    #[arg(short, long, value_name = "FILE|-")]
    pub output: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub writing: WriteArgs,
}

fn file_types() -> impl TypedValueParser<Value = FileType> {
    let names = PossibleValuesParser::new(FileType::ALL.map(FileType::name));
    names.map(|name| name.parse().expect("the possible values are the types' names"))
}
