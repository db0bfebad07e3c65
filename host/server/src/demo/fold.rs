//! Folds what repeats itself: somebody who does nothing is chased again and again in the same words, which is told once.

use super::names::Names;
use super::story::Line;
use super::words::Phrase;

/// What is said at a moment at which nothing happens but that somebody is chased.
const CHASING: &[Phrase] = &[
    Phrase::TagOverdue,
    Phrase::TagPolicy,
    Phrase::TagAsked,
    Phrase::TagPromise,
    Phrase::TagChased,
    Phrase::TagArrived,
];

/// Tells once what was chased again and again in the same words, and when.
pub(super) fn repeated(names: &Names, lines: Vec<Line>) -> Vec<Line> {
    // What differs between one time and the next is when.
    let gist = |lines: &[Line]| -> Option<Vec<(Phrase, String)>> {
        let is_chase = lines.iter().any(|line| line.tag == Phrase::TagOverdue);
        let of_policies = lines.iter().filter(|line| matches!(line.tag, Phrase::TagPolicy | Phrase::TagChased));
        let all = lines.iter().all(|line| CHASING.contains(&line.tag));
        (is_chase && all).then(|| of_policies.map(|line| (line.tag, line.text.clone())).collect())
    };
    let mut folded: Vec<Line> = Vec::new();
    let (mut last, mut again): (Option<Vec<_>>, Vec<Line>) = (None, Vec::new());
    let end = |folded: &mut Vec<Line>, again: &mut Vec<Line>| {
        let Some(first) = again.first() else { return };
        let times = names.all(again.iter().map(|line| names.time(line.at)));
        let text = names.language.say(Phrase::Again, &[("times", &times)]);
        folded.push(Line { at: first.at, tag: Phrase::TagChased, text });
        again.clear();
    };
    for moment in lines.chunk_by(|one, other| one.at == other.at) {
        let gist = gist(moment);
        if gist.is_some() && gist == last {
            again.extend(moment.first().cloned());
            continue;
        }
        end(&mut folded, &mut again);
        last = gist;
        folded.extend(moment.iter().cloned());
    }
    end(&mut folded, &mut again);
    folded
}
