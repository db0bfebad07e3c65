//! Everything that the demo says, in both its languages, in one table.
//!
//! A phrase has holes, such as `{who}`, which [`Language::say`] fills. Nothing of what happened stands here: what fills
//! the holes comes from the host.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The language in which the story is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English, with the organisation's people and departments by their ids.
    En,
    /// Chinese, with the organisation's own titles.
    Zh,
}

/// A text in both languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InBoth {
    en: String,
    zh: String,
}

impl InBoth {
    /// The text in `language`.
    pub(super) fn of(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}

macro_rules! phrases {
    ($($name:ident: $en:literal, $zh:literal;)*) => {
        /// Something that the demo says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub(super) enum Phrase { $($name),* }

        impl Phrase {
            /// Every phrase.
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name),*];

            fn of(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, Language::En) => $en, (Self::$name, Language::Zh) => $zh,)*
                }
            }
        }
    };
}

phrases! {
    // The frame.
    Title: "Herald demo: four days of a sample organisation, on a clock that is turned",
        "Herald 演示：在快进的时钟上，看一家样板企业的四天";
    House: "{organisation}: {people} people, {departments} departments; {policies} policies published, {scripts} scripts and {components} Wasm components",
        "{organisation}：{people}人，{departments}个部门；已发布{policies}条策略，其中脚本{scripts}个、Wasm 组件{components}个";
    Turning: "{time} · {cases} messages sent · {done} things done by people · {delivered} deliveries outside",
        "{time} · 已发消息{cases}条 · 人员处理{done}次 · 对外投递{delivered}次";
    Turned: "Four days went by in {seconds} s. People did {done} things over HTTP; what nobody did was left to Herald.",
        "四天用{seconds}秒走完。人员通过 HTTP 处理了{done}次；没人处理的，由 Herald 盯到底。";
    Deliveries: "{count} deliveries by {channels} arrived at the demo's own receiver; none left this machine.",
        "{count}次投递（{channels}）送到演示自带的接收端，没有一次离开本机。";
    NotDone: "at {time}, {who} could not {deed} in “{case}”: {why}",
        "{time}，{who}在「{case}」中无法执行 {deed}：{why}";
    NoTask: "no such task is open", "没有这样的待办";
    NoToken: "the rules do not know the sender", "规则里没有这个发件人";
    Shows: "Look at: {shows}.", "看点：{shows}。";
    TagEnd: "in the end", "结果";
    Now: "{status}", "{status}";
    StillOpen: "{status}; still to do: {tasks}, deadlines running: {goals}", "{status}；待办{tasks}项，计时中{goals}项";
    IsHeld: "held", "暂挂";
    IsAwaitingApproval: "awaiting approval", "待审批";
    IsReturned: "returned to its sender", "已退回";
    IsRejected: "rejected", "未获批准";
    IsWithdrawn: "withdrawn", "已撤回";
    IsOpen: "open", "办理中";
    IsResolved: "settled, not closed yet", "已办结，待关闭";
    IsClosed: "closed", "已关闭";
    IsArchived: "archived", "已归档";

    // What people can do next.
    Serving: "The host goes on, on the clock it was turned to ({time}), at {url} until you press Ctrl-C.",
        "主机继续运行，时钟从{time}往下走，地址 {url}，按 Ctrl-C 结束。";
    TryIt: "Try it in another terminal:", "在另一个终端里试试：";
    Submit: "report a fault, as {who}", "以{who}的身份上报一起故障";
    Inbox: "what {who} was told", "看看{who}收到了什么";
    Tasks: "what {who} has to do", "看看{who}有哪些待办";
    ApproveIt: "approve, as {who}: {case}", "以{who}的身份审批：{case}";
    Explain: "which policy decided what, and why: “{case}”", "是哪条策略作的什么决定、为什么：「{case}」";
    Change: "change a policy in {rules}, and publish it", "改一条策略（在 {rules} 里），然后发布";
    Tokens: "Everybody's token lies in {tokens}; {admin} is the administrator's.",
        "每个人的令牌在 {tokens}；{admin} 是管理员的。";
    Publishing: "Publishing the sample organisation. Its components are compiled, which takes a moment.",
        "正在发布示例组织；其中的组件需要编译，请稍候。";
    Gone: "Everything lies in {folder}, which goes with the demo; `--data DIR` keeps it.",
        "全部数据在 {folder}，演示结束即删除；用 `--data DIR` 可以保留。";
    Kept: "Everything lies in {folder}, and stays there.", "全部数据在 {folder}，演示结束后保留。";

    // What a line is about.
    TagSent: "sent", "发出";
    TagAsked: "asked", "交办";
    TagPromise: "deadline", "时限";
    TagPolicy: "policy", "策略";
    TagTold: "told", "告知";
    TagArrived: "arrived", "送达";
    TagDone: "done", "办理";
    TagWarned: "warned", "提醒";
    TagOverdue: "overdue", "逾期";
    TagChased: "chased", "催办";
    TagCase: "case", "状态";

    // Sending.
    Sent: "{who} sends it for {department}", "{who}代表{department}发出";
    SentUrgent: "{who} sends it for {department}, urgent", "{who}代表{department}发出，标为紧急";
    SentAgain: "{who} sends it again, edited", "{who}修改后重新提交";
    Existing: "answered {status} with the case there is, number {number}, “{case}”; nobody is told twice",
        "应答 {status}，指向已有的第{number}件「{case}」，不再重复通知";
    Refused: "refused with {status}: {why}", "不予受理（{status}）：{why}";
    WhatIf: "{who} asks what would happen; nothing is stored", "{who}只问会怎样，不留任何记录";
    WouldBe: "it would be at level {level}, with {accountable} answering for it", "会定为{level}级，由{accountable}负责办结";

    // Policies.
    Script: "script", "脚本";
    Component: "component", "组件";
    PolicySays: "{policy}: {what}", "{policy}：{what}";
    PolicyName: "{bundle} ({language})", "{bundle}（{language}）";
    Because: "because: {log}", "依据：{log}";
    Failed: "it failed: {why}", "执行失败：{why}";
    Herald: "Herald itself", "Herald 自身";
    ToWhom: "to {target}", "发给{target}";
    ToWhomBy: "to {target} by {channels}", "经{channels}发给{target}";
    MustAcknowledge: "to acknowledge within {span}", "须在{span}内签收";
    MustAnswer: "to answer within {span}", "须在{span}内答复";
    MustReport: "to report every {span}", "每{span}汇报一次";
    MustAnswerThis: "to answer “{about}” within {span}", "须在{span}内答复「{about}」";
    RemindsBefore: "reminded {span} before", "提前{span}提醒";
    Refuses: "refuses it: {why}", "不予受理：{why}";
    SetsGoal: "deadline “{goal}” for {owner}: {span}", "给{owner}定时限「{goal}」：{span}";
    SetsGoalOnce: "deadline “{goal}” for {owner}: {span}, once {moment}", "给{owner}定时限「{goal}」：{moment}起{span}";
    Answers: "{target} answers for it", "由{target}负责办结";
    SetsLevel: "level {level}", "定为{level}级";
    Marks: "marks it {name} = {value}", "标记 {name} = {value}";
    WantsStage: "approval “{stage}” by {approvers}", "须经「{stage}」审批：{approvers}";
    WantsStageWithin: "approval “{stage}” by {approvers} within {span}", "须经「{stage}」审批：{approvers}，限{span}";
    Afterwards: "afterwards, while the case is open already", "先办后批";
    Restricts: "nobody and nothing beyond what it lists", "限定收件人和渠道";
    NotGranted: "asked for {what} and did not get it: {why}", "请求{what}未获准：{why}";
    AccountablePerson: "whoever answers for it", "负责人";

    // Tasks and deadlines.
    Approve: "approve “{stage}”", "审批「{stage}」";
    Acknowledge: "acknowledge", "签收";
    Answer: "answer", "答复";
    Report: "report", "汇报";
    AskedEach: "{people}: {task} by {due} ({span})", "请{people}在{due} 前{task}（{span}）";
    AskedOne: "one of {people}: {task} by {due} ({span})", "请{people}之一在{due} 前{task}（{span}）";
    AskedNoDue: "{people}: {task}", "请{people}{task}";
    Promised: "{owners}: “{goal}” by {due} ({span})", "{owners}须在{due} 前完成「{goal}」（{span}）";
    PromisedOnce: "{owners}: “{goal}” within {span}, once {moment}", "{moment}后，{owners}须在{span}内完成「{goal}」";
    Overdue: "{owners}: “{goal}” was due {due} ({span}) and is not done; set by {policy}",
        "{owners}的「{goal}」{due} 到期（{span}），无人处理；时限出自 {policy}";
    Again: "nobody did it, and the same again at {times}", "仍无人处理，{times} 又照此催办";
    Warned: "{owners}: “{goal}” is due {due}", "{owners}：「{goal}」{due} 到期";
    OnOpened: "it is open", "开始办理";
    OnSubmitted: "it was sent", "提交";
    OnResolved: "it is settled", "办结";
    OnClosed: "it is closed", "关闭";
    OnMet: "“{goal}” is done", "「{goal}」完成";

    // What came of it.
    PeopleBy: "{people} by {channels}", "{people}（{channels}）";
    Arrived: "{count} by {channel}", "{channel}{count}次";
    Undelivered: "{channel}: {why}", "{channel}：{why}";
    DidAcknowledge: "{who}: read and acknowledged", "{who}已签收";
    DidApprove: "{who} approves “{stage}”", "{who}批准「{stage}」";
    DidReject: "{who} rejects “{stage}”: “{text}”", "{who}否决「{stage}」：“{text}”";
    DidReturn: "{who} returns it at “{stage}”: “{text}”", "{who}在「{stage}」退回：“{text}”";
    DidDecline: "{who} declines: “{text}”", "{who}表示不能办理：“{text}”";
    DidAnswer: "{who} answers: “{text}”", "{who}答复：“{text}”";
    DidReport: "{who} reports: “{text}”", "{who}汇报：“{text}”";
    DidOther: "{who} did what was asked", "{who}已办";
    DidMeet: "{who} keeps “{goal}”", "{who}完成「{goal}」";
    DidMeetLate: "{who} keeps “{goal}”, late", "{who}补办「{goal}」";
    PassedOn: "a task goes on to {people}", "待办转交{people}";
    Reminds: "{who} reminds whoever has something to do", "{who}催办";
    Comments: "{who} comments: “{text}”", "{who}备注：“{text}”";
    Numbered: "its number is {text}", "文号{text}";
    Opened: "open; {person} answers for it", "开始办理，由{person}负责";
    OpenedAlone: "open; only to be read", "开始传达";
    Held: "held until somebody mends the policy that failed", "暂挂，待策略修复";
    Assigned: "{person} answers for it from now on", "此后由{person}负责";
    Levelled: "now at level {level}", "升为{level}级";
    Returned: "back with its sender", "退回发起人";
    Rejected: "rejected", "未获批准";
    Withdrawn: "withdrawn", "撤回";
    Resolved: "{who} calls it settled", "{who}办结";
    ResolvedSaying: "{who} calls it settled: “{text}”", "{who}办结：“{text}”";
    Reopened: "open again", "重新办理";
    Closed: "closed", "关闭";
    ClosedScore: "closed by {who}, {score} of 5: “{text}”", "{who}确认关闭，评分{score}/5：“{text}”";

    // Names and lists.
    RoleOf: "the {role} of {department}", "{department}{role}";
    RoleOfHouse: "the {role}", "{role}";
    MembersOf: "everybody in {department}", "{department}全体";
    LeaderOf: "the leader in charge of {department}", "{department}分管领导";
    Everyone: "everyone", "全体员工";
    Host: "Herald", "Herald";
    Service: "the system {name}", "{name} 系统";
    Anonymous: "somebody unknown", "匿名者";
    AndOthers: "{names} and {count} others", "{names}等{total}人";
    ListSign: ", ", "、";
    CommaSign: ", ", "，";
    PartSign: "; ", "；";
    Minutes: "{count} min", "{count}分钟";
    Hours: "{count} h", "{count}小时";
    HoursMinutes: "{hours} h {minutes} min", "{hours}小时{minutes}分钟";
    Seconds: "{count} s", "{count}秒";
    WorkingMinutes: "{count} working min", "{count}个工作分钟";
    WorkingHours: "{count} working h", "{count}个工作小时";
    WorkingDays: "{count} working days", "{count}个工作日";
    WorkingDay: "1 working day", "1个工作日";
    OnCalendar: "{span} of {calendar}", "{calendar} 日历的{span}";
}

impl Language {
    /// `phrase`, with its holes filled.
    pub(super) fn say(self, phrase: Phrase, holes: &[(&str, impl AsRef<str>)]) -> String {
        let mut said = String::new();
        let mut rest = phrase.of(self);
        // Piece by piece, so that what fills a hole is never looked at for holes.
        while let Some((before, after)) = rest.split_once('{') {
            let (hole, after) = after.split_once('}').unwrap_or((after, ""));
            said.push_str(before);
            said.extend(holes.iter().find(|(name, _)| *name == hole).map(|(_, text)| text.as_ref()));
            rest = after;
        }
        said + rest
    }

    /// `phrase`, which has no holes.
    pub(super) fn word(self, phrase: Phrase) -> &'static str {
        phrase.of(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn holes(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|after| after.split_once('}')).map(|(hole, _)| hole).collect()
    }

    #[test]
    fn every_phrase_says_the_same_in_both_languages() {
        for phrase in Phrase::ALL {
            let (en, zh) = (phrase.of(Language::En), phrase.of(Language::Zh));
            assert!(!en.is_empty() && !zh.is_empty(), "{phrase:?}");
            assert!(en.is_ascii() || en.contains(['“', '·']), "{phrase:?}: {en}");
            let (of_en, of_zh) = (holes(en), holes(zh));
            // How many others there are, and how many in all, is a matter of taste.
            let same = of_en == of_zh || *phrase == Phrase::AndOthers;
            assert!(same, "{phrase:?}: {of_en:?} and {of_zh:?}");
        }
    }

    #[test]
    fn holes_are_filled_once() {
        let said = Language::En.say(Phrase::DidAnswer, &[("who", "{text}"), ("text", "{who}")]);
        assert_eq!(said, "{text} answers: “{who}”");
    }
}
