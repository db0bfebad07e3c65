//! How the demo's words are put onto a page: wrapped at a width, in columns, coloured on a terminal only.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use super::names::Names;
use super::story::Line;
use super::words::Phrase;

/// How many columns a line has at most.
const WIDTH: usize = 100;
/// How many columns the time takes, and what a line is about.
const TIME_COLUMNS: usize = 12;
const TAG_COLUMNS: usize = 10;
/// How far stories are set in.
const INDENT: &str = "  ";

/// How weighty something is to the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Heading,
    Quiet,
    Good,
    Alarm,
    Chase,
}

/// Puts words onto standard output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    coloured: bool,
}

impl Page {
    /// A page for whoever reads standard output.
    pub(super) fn new() -> Self {
        Self { coloured: stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()) }
    }

    /// A paragraph.
    pub(super) fn paragraph(&self, tone: Tone, text: &str) {
        for line in wrap(text, WIDTH) {
            self.print(&self.tinted(tone, &line));
        }
    }

    /// A text as it is: whoever reads it copies it.
    pub(super) fn verbatim(&self, text: &str) {
        self.print(text);
    }

    /// The lines of a story, and how it ended. The time is given where it changes.
    pub(super) fn story(&self, names: &Names, lines: &[Line], end: Option<&str>) {
        let mut before = None;
        for line in lines {
            let time = if before == Some(line.at) { String::new() } else { names.time(line.at) };
            before = Some(line.at);
            self.row(&time, names.language.word(line.tag), tone_of(line.tag), &line.text);
        }
        if let Some(end) = end {
            self.row("", names.language.word(Phrase::TagEnd), Tone::Heading, end);
        }
    }

    fn row(&self, time: &str, tag: &str, tone: Tone, text: &str) {
        let room = WIDTH - INDENT.len() - TIME_COLUMNS - TAG_COLUMNS;
        let (time, tag) = (padded(time, TIME_COLUMNS), self.tinted(tone, &padded(tag, TAG_COLUMNS)));
        let mut head = format!("{INDENT}{time}{tag}");
        for text in wrap(text, room) {
            self.print(&format!("{head}{}", self.tinted(tone, &text)));
            head = " ".repeat(WIDTH - room);
        }
    }

    fn tinted(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            _ if !self.coloured => return text.to_owned(),
            Tone::Plain => return text.to_owned(),
            Tone::Heading => "1",
            Tone::Quiet => "36",
            Tone::Good => "32",
            Tone::Alarm => "31",
            Tone::Chase => "33",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    fn print(&self, line: &str) {
        // A reader that has gone away is no error of the demo.
        drop(writeln!(stdout(), "{}", line.trim_end()));
    }
}

fn tone_of(tag: Phrase) -> Tone {
    match tag {
        Phrase::TagPolicy => Tone::Quiet,
        Phrase::TagDone => Tone::Good,
        Phrase::TagOverdue => Tone::Alarm,
        Phrase::TagChased | Phrase::TagWarned => Tone::Chase,
        Phrase::TagSent => Tone::Heading,
        _ => Tone::Plain,
    }
}

/// One line on the terminal that is written over, while somebody watches; otherwise nothing.
#[derive(Debug)]
pub(super) struct Ticker {
    watched: bool,
}

impl Ticker {
    /// A ticker that is `watched`, or not.
    pub(super) fn new(watched: bool) -> Self {
        Self { watched }
    }

    /// Whether anybody watches.
    pub(super) fn is_watched(&self) -> bool {
        self.watched
    }

    /// Writes `text` over what was there.
    pub(super) fn show(&mut self, text: &str) {
        if self.watched {
            drop(write!(stderr(), "\r\x1b[2K{text}").and_then(|()| stderr().flush()));
        }
    }

    /// Wipes it.
    pub(super) fn clear(&mut self) {
        self.show("");
    }
}

/// How many columns a character takes: those of Chinese, with their signs, take two.
fn columns(character: char) -> usize {
    match u32::from(character) {
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

fn padded(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text)).max(1)))
}

/// `text` in lines of at most `room` columns, broken at spaces and between Chinese characters.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(text) {
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() || width(line) + width(piece.trim_end()) <= room {
            line.push_str(piece);
        } else {
            lines.push(piece.trim_start().to_owned());
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// What a line may not begin with.
const CLOSING: &str = "，。；：、！？）」】〕”,.;:)";
/// What a line may not end with.
const OPENING: &str = "（「【〔“(";

/// The pieces of a text between which a line may end.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        let breaks = before.is_some_and(|before| {
            let between = before == ' ' || columns(before) == 2 || columns(character) == 2;
            between && character != ' ' && !CLOSING.contains(character) && !OPENING.contains(before)
        });
        if breaks {
            pieces.extend(text.get(start..at));
            start = at;
        }
        before = Some(character);
    }
    pieces.extend(text.get(start..));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_spaces_and_between_chinese_characters() {
        for (text, room, lines) in [
            ("", 10, vec![""]),
            ("one two three", 8, vec!["one two", "three"]),
            ("a-very-long-word on", 6, vec!["a-very-long-word", "on"]),
            ("生产部负责人，请签收", 12, vec!["生产部负责", "人，请签收"]),
            ("请「签收」once", 8, vec!["请「签", "收」once"]),
        ] {
            assert_eq!(wrap(text, room), lines, "{text}");
        }
        assert_eq!(padded("周一", 6), "周一  ");
    }
}
