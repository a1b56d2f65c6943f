"""What the demonstration's episode is called and says, in Chinese and English."""

from typing import Final

from quality_creator.model.text import Text

BRAND: Final = Text(zh="汀砚卫浴（虚构品牌）", en="Tingyan Bath (fictional brand)")

TITLE: Final = Text(
    zh="质量月·走进工厂：一扇柜门、一只龙头、一只面盆",
    en="Quality Month, on the floor: a door, a tap, a basin",
)

SUMMARY: Final = Text(
    zh=(
        "全程模拟演示：品牌、画面与数据均为虚构。"
        "封边线：每块板测含水率和封边剥离力，每五块画一个点。"
        "龙头试漏台：夹紧、充气、保压，看一分钟漏掉多少压力；表盘上的读数就是图上的那个点。"
        "实验室：柜门反复开合，测铰链力矩；每只面盆测五处釉层厚度。"
        "过程偶尔会漂移：看控制图多久发现，又怎样回到正常。"
    ),
    en=(
        "A simulation throughout: brand, pictures and figures are made up. "
        "Edge banding: each panel's moisture and peel force are read, five panels make a point. "
        "Tap leak test: clamp, fill, hold, and see how much pressure a minute takes away; "
        "the dial's reading is the very point on the chart. "
        "Laboratory: a door opens and closes while its hinge torque is read; "
        "each basin's glaze is measured in five spots. "
        "Now and then a process drifts: watch how soon its chart shows it, and how it comes back."
    ),
)
