"""The words that people write into tables, in English and Chinese: names of columns, states, verdicts.

All are compared in lower case. A column or a cell with another word is named by an option, or the
error says what can be written.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quality_creator.quality.oee import MachineState


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GAUGE_COLUMNS = {
    "part": _words("part parts sample item wafer batch 零件 部件 样品 件号"),
    "operator": _words("operator operators appraiser inspector rater 操作者 操作员 评价人 检验员"),
    "value": _words("value measurement measured reading response rating 测量值 值 读数 评级"),
    "reference": _words("reference master standard ref 参考值 基准 标准"),
}

FAILED = _words("1 f fail failed failure d dead died death event yes y true x 失效 故障 失败")
ALIVE = _words(
    "0 s c suspended suspension censored cens alive survived ok no n false + 截尾 删失 未失效 存活"
)
"""Of a unit on a life test: it failed, or was still alive when it was last looked at."""

LIFE_COLUMNS = {
    "time": _words("time times life lifetime hours cycles 时间 寿命 小时 次数"),
    "status": _words("status state event failed failure 状态 失效"),
    "count": _words("count frequency freq quantity 数量 台数 件数"),
}
"""A column named for censoring is not among them: it may say 1 for a failure or for a survivor."""

LOWER = _words("lower lsl low min lower_limit 下限")
UPPER = _words("upper usl high max upper_limit 上限")

OEE_COLUMNS = {
    "time": _words("time timestamp date datetime 时间 时刻"),
    "state": _words("state status machine 状态"),
    "total": _words("total count made produced parts 总数 产量 计数"),
    "rejected": _words("rejected reject rejects scrap bad defects 不良 不合格 废品"),
    "shift": _words("shift 班次 班"),
    "cycle": _words("cycle ideal_cycle ideal_cycle_s 节拍"),
}

MACHINE: "dict[MachineState, frozenset[str]]" = {
    "running": _words("running run runs 1 on production producing auto 运行 生产"),
    "stopped": _words("stopped stop down 0 fault error alarm setup breakdown unplanned 停机 故障 换型"),
    "planned-stop": _words(
        "planned-stop planned break pause meeting maintenance off scheduled 计划停机 休息 保养"
    ),
    "unknown": _words("unknown offline ? 未知 离线"),
}
