//! What clients do in the tests of crashes: every kind of message and every verb of the sample organisation, with
//! timers that fire in between. A step that begins a case gives it a name; other steps speak of it by that name.

use serde_json::{Value, json};

/// One thing that somebody does.
pub(super) enum Step {
    /// Submits a message. Two submissions of one name are the same event, and have to be answered with one case.
    Submit { by: &'static str, case: &'static str, body: Value },
    /// Does the task of this kind that `by` has in a case.
    Task { by: &'static str, case: &'static str, kind: &'static str, verb: &'static str, text: Option<&'static str> },
    /// Asks something of a case; `verb` is the rest of the path.
    Case { by: &'static str, case: &'static str, verb: &'static str, body: Value },
    /// Time passes, in minutes.
    Pass(i64),
}

/// Everything, in order.
pub(super) fn script() -> Vec<Step> {
    [fault(), notices(), complaint(), partner(), passing_time()].into_iter().flatten().collect()
}

fn submit(by: &'static str, case: &'static str, body: Value) -> Step {
    Step::Submit { by, case, body }
}

fn decide(by: &'static str, case: &'static str, verb: &'static str, text: Option<&'static str>) -> Step {
    Step::Task { by, case, kind: "approve", verb, text }
}

fn acknowledge(by: &'static str, case: &'static str) -> Step {
    Step::Task { by, case, kind: "acknowledge", verb: "acknowledge", text: None }
}

fn answer(by: &'static str, case: &'static str, text: &'static str) -> Step {
    Step::Task { by, case, kind: "answer", verb: "answer", text: Some(text) }
}

fn ask(by: &'static str, case: &'static str, verb: &'static str, body: Value) -> Step {
    Step::Case { by, case, verb, body }
}

/// An urgent fault: out at once through the workshop's screen, approved afterwards, reported twice.
fn fault() -> Vec<Step> {
    let urgent = |scope| {
        json!({"kind": "equipment-fault", "subject": "3号注塑机停机", "department": "production", "urgency": "urgent",
            "body": {"scope": scope, "machine": "IM-03"}, "dedup_key": "im-03-stop"})
    };
    let normal = json!({"kind": "equipment-fault", "subject": "2号冲床异响", "department": "production",
        "body": {"scope": "单台", "machine": "PR-02"}});
    vec![
        submit("yang.fan", "fault", urgent("二车间停产")),
        acknowledge("zhang.wei", "fault"),
        submit("chen.jie", "fault", urgent("二车间和三车间停产")),
        answer("liu.yang", "fault", "模具卡死，两小时修复"),
        decide("wang.qiang", "fault", "approve", None),
        ask("zhang.wei", "fault", "goals/repair/pause", json!({"reason": "等备件"})),
        ask("zhang.wei", "fault", "goals/repair/resume", json!({})),
        submit("yang.fan", "noise", normal),
        ask("yang.fan", "noise", "withdraw", json!({"reason": "误报"})),
    ]
}

/// Notices: one approved, one returned and sent again, one rejected.
fn notices() -> Vec<Step> {
    let notice = |department: &str, to: &[&str], subject: &str| {
        json!({"kind": "notice", "subject": subject, "department": department, "to": to,
            "body": {"reason": "年底", "content": "盘点", "requirement": "停止出入库", "contact": "吴芳"}})
    };
    vec![
        submit("wu.fang", "stocktaking", notice("administration", &["department:sales"], "盘点")),
        decide("zhou.min", "stocktaking", "approve", None),
        acknowledge("li.lei", "stocktaking"),
        submit("yang.fan", "shifts", notice("production", &["department:maintenance"], "排班")),
        decide("wang.qiang", "shifts", "return", Some("请写明班次")),
        ask("yang.fan", "shifts", "resubmit", notice("production", &["department:maintenance"], "排班（早中班）")),
        decide("wang.qiang", "shifts", "approve", Some("同意")),
        submit("yang.fan", "picnic", notice("production", &["department:production"], "团建")),
        decide("wang.qiang", "picnic", "reject", Some("本月不办")),
        submit("wu.fang", "holiday", notice("administration", &["everyone"], "放假安排")),
        decide("zhou.min", "holiday", "approve", None),
        decide("zhou.min", "holiday", "approve", None),
        acknowledge("gao.yuan", "holiday"),
    ]
}

/// A complaint that one of two agents takes care of in time.
fn complaint() -> Vec<Step> {
    let complaint = json!({"kind": "complaint", "subject": "交期延误", "department": "customer-service",
        "body": {"customer": "宁波小象玩具厂", "what": "延误两周", "amount_cents": 12_000_000}});
    vec![
        submit("lin.xiao", "delay", complaint),
        acknowledge("gao.yuan", "delay"),
        Step::Pass(31),
        answer("gao.yuan", "delay", "已联系客户"),
    ]
}

/// A message that leaves the organisation: read by public relations, by legal and by compliance.
fn partner() -> Vec<Step> {
    let message = json!({"kind": "partner-message", "subject": "询价", "department": "sales",
        "to": ["contact:haiyue-appliances"], "body": {"partner": "青岛海岳", "content": "请确认四季度需求"}});
    vec![
        submit("li.lei", "inquiry", message),
        decide("song.qi", "inquiry", "approve", None),
        decide("zheng.hao", "inquiry", "approve", None),
        decide("tang.yue", "inquiry", "approve", None),
    ]
}

/// Deadlines pass; then what is open is brought to an end, and one case is left to end by itself.
fn passing_time() -> Vec<Step> {
    let reason = |reason: &str| json!({ "reason": reason });
    vec![
        Step::Pass(45),
        ask("zhang.wei", "fault", "resolve", reason("已更换顶针")),
        ask("yang.fan", "fault", "close", json!({"score": 5})),
        Step::Pass(23 * 60),
        ask("han.mei", "delay", "resolve", reason("客户接受补发")),
        ask("lin.xiao", "delay", "reopen", reason("客户改变主意")),
        Step::Pass(3 * 24 * 60),
        ask("feng.bo", "inquiry", "resolve", reason("已回复")),
        Step::Pass(14 * 24 * 60),
    ]
}
