use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, openat, readlinkat};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use crate::error::Fault;

const MOST_LINKS: usize = 40;

/// Where a path leads within the root.
pub(crate) struct Resolved {
    /// The path without links, from the root.
    pub real: Utf8PathBuf,
    pub place: Place,
    /// The first directory or link on the way that others could exchange; matters to writers only.
    pub distrusted: Option<Fault>,
}

pub(crate) enum Place {
    Directory(OwnedFd),
    /// A file, device, socket or pipe.
    Leaf {
        parent: OwnedFd,
        name: String,
        kind: FileType,
    },
    /// No such name; without a parent not even its directory exists.
    Absent {
        parent: Option<OwnedFd>,
        name: String,
    },
}

/// Follows `path` component by component, each from a descriptor of the directory before it, so that nothing exchanged
/// meanwhile leads out. Links are text: an absolute one starts at the root again, magic ones of /proc lead where their text
/// says. `..` goes back along the trail and stops at the root.
pub(crate) fn resolve(root: BorrowedFd<'_>, path: &Utf8Path) -> Result<Resolved, Fault> {
    let mut walk = Walk { root, trail: Vec::new(), ahead: Vec::new(), links: 0, distrusted: None };
    walk.judge(&fstat(root).map_err(Fault::io("look at the root"))?, "");
    walk.turn_to(path.as_str());
    while let Some(name) = walk.ahead.pop() {
        match name.as_str() {
            "" | "." => {}
            ".." => drop(walk.trail.pop()),
            _ => {
                if let Some(place) = walk.step(&name)? {
                    return Ok(walk.arrive(Some(&name), place));
                }
            }
        }
    }
    let place = Place::Directory(walk.here_owned()?);
    Ok(walk.arrive(None, place))
}

struct Walk<'a> {
    root: BorrowedFd<'a>,
    /// The directories entered below the root.
    trail: Vec<(String, OwnedFd)>,
    /// The components to come, the next one last.
    ahead: Vec<String>,
    links: usize,
    distrusted: Option<Fault>,
}

impl Walk<'_> {
    fn here(&self) -> BorrowedFd<'_> {
        self.trail.last().map_or(self.root, |(_, directory)| directory.as_fd())
    }

    fn here_owned(&self) -> Result<OwnedFd, Fault> {
        self.here().try_clone_to_owned().map_err(Fault::io("keep a directory open"))
    }

    fn turn_to(&mut self, path: &str) {
        self.ahead.extend(path.split('/').rev().map(str::to_owned));
    }

    /// Enters a directory or turns along a link; anything else is the end.
    fn step(&mut self, name: &str) -> Result<Option<Place>, Fault> {
        let found = match openat(self.here(), name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
            Ok(found) => found,
            Err(Errno::NOENT) => return self.absent(name).map(Some),
            Err(errno) => return Err(Fault::io("follow the path")(errno)),
        };
        let stat = fstat(&found).map_err(Fault::io("follow the path"))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                self.judge(&stat, name);
                self.trail.push((name.to_owned(), found));
                Ok(None)
            }
            FileType::Symlink => {
                self.judge(&stat, name);
                self.follow(name, &found)?;
                Ok(None)
            }
            kind if self.ahead.is_empty() => {
                Ok(Some(Place::Leaf { parent: self.here_owned()?, name: name.to_owned(), kind }))
            }
            _ => Ok(Some(Place::Absent { parent: None, name: name.to_owned() })),
        }
    }

    fn absent(&self, name: &str) -> Result<Place, Fault> {
        let parent = if self.ahead.is_empty() { Some(self.here_owned()?) } else { None };
        Ok(Place::Absent { parent, name: name.to_owned() })
    }

    fn follow(&mut self, name: &str, link: &OwnedFd) -> Result<(), Fault> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(Fault::LinkLoop);
        }
        let target = readlinkat(link, "", Vec::new()).map_err(Fault::io("read a link"))?;
        let target = target.into_string().map_err(|_| Fault::NotUtf8 { at: self.path(Some(name)) })?;
        if target.starts_with('/') {
            self.trail.clear();
        }
        self.turn_to(&target);
        Ok(())
    }

    /// A group of the caller's own is the caller: the user private groups of many distributions.
    fn judge(&mut self, stat: &Stat, name: &str) {
        let link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        let others_group = stat.st_gid != 0 && stat.st_gid != getegid().as_raw();
        let why = if stat.st_uid != 0 && stat.st_uid != geteuid().as_raw() {
            "belongs to another user"
        } else if !link && stat.st_mode & 0o002 != 0 {
            "is writable by everyone"
        } else if !link && stat.st_mode & 0o020 != 0 && others_group {
            "is writable by another group"
        } else {
            return;
        };
        let at = self.path(Some(name));
        self.distrusted.get_or_insert(Fault::Distrusted { at, why });
    }

    fn path(&self, name: Option<&str>) -> Utf8PathBuf {
        let mut path = Utf8PathBuf::from("/");
        path.extend(self.trail.iter().map(|(name, _)| name.as_str()));
        path.extend(name.filter(|name| !name.is_empty()));
        path
    }

    fn arrive(self, name: Option<&str>, place: Place) -> Resolved {
        let mut real = self.path(name);
        real.extend(self.ahead.iter().rev().filter(|name| !name.is_empty()));
        Resolved { real, place, distrusted: self.distrusted }
    }
}
