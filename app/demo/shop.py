"""What the demo shop Shanlan (山岚) sells, and the invented people who work and buy there."""

from msgspec import Struct


class Product(Struct, frozen=True):
    """An article: prices in cents of euro and of yuan."""

    group: str
    path: str
    en: str
    zh: str
    euro_cents: int
    yuan_cents: int

    def name(self, language: str) -> str:
        """As the shop calls it in this language."""
        return self.zh if language == "zh" else self.en

    def price(self, language: str) -> str:
        """As the shop writes it: ¥268.00, €39.00."""
        cents, sign = (self.yuan_cents, "¥") if language == "zh" else (self.euro_cents, "€")
        return f"{sign}{cents // 100}.{cents % 100:02}"


class Employee(Struct, frozen=True):
    """One of the three who answer: `en` and `zh` are how he calls himself to a customer."""

    name: str
    email: str
    role: str
    language: str
    en: str
    zh: str


PRODUCTS = (
    Product("kettle", "/products/kettle-600", "Shanlan kettle 600 ml", "山岚手冲壶 600 ml", 3900, 26800),
    Product("kettle", "/products/kettle-900", "Shanlan kettle 900 ml", "山岚手冲壶 900 ml", 4600, 31800),
    Product("grinder", "/products/grinder-38", "hand grinder 38", "手摇磨豆机 38", 7900, 52800),
    Product("grinder", "/products/grinder-40", "hand grinder 40", "手摇磨豆机 40", 10900, 69800),
    Product("grinder", "/products/grinder-travel", "travel grinder", "旅行磨豆机", 6400, 42800),
    Product("dripper", "/products/dripper-01", "glass dripper 01", "玻璃滤杯 01", 1400, 8800),
    Product("dripper", "/products/dripper-02", "glass dripper 02", "玻璃滤杯 02", 1600, 9800),
    Product("dripper", "/products/dripper-flat", "flat-bed glass dripper", "玻璃平底滤杯", 1800, 11800),
    Product("beans", "/products/baoshan-medium", "Baoshan medium roast", "保山中烘", 1150, 7200),
    Product("beans", "/products/menglian-washed", "Menglian washed", "孟连水洗", 1290, 8200),
    Product("beans", "/products/house-blend", "house blend", "山岚拼配", 980, 6200),
    Product("beans", "/products/puer-honey", "Pu'er honey", "普洱蜜处理", 1380, 8800),
    Product("filters", "/products/filters-01", "paper filters 01, 100 pieces", "滤纸 01 100 片", 290, 1890),
    Product("filters", "/products/filters-v60", "V60 paper filters, 100 pieces", "滤纸 V60 100 片", 310, 1990),
    Product("filters", "/products/filters-flat", "flat-bed filters, 50 pieces", "平底滤纸 50 片", 260, 1690),
    Product("scale", "/products/scale-2", "coffee scale 2 kg", "咖啡秤 2 kg", 4900, 32900),
    Product("scale", "/products/scale-mini", "coffee scale mini", "咖啡秤 mini", 3500, 22900),
    Product("server", "/products/server-500", "glass server 500 ml", "玻璃分享壶 500 ml", 1900, 11900),
    Product("server", "/products/server-700", "glass server 700 ml", "玻璃分享壶 700 ml", 2300, 14900),
    Product("cup", "/products/cup-mist", "Mist cup", "雾杯", 1200, 7800),
    Product("cup", "/products/cup-ridge", "Ridge cup", "岭杯", 1500, 9600),
    Product("cup", "/products/cup-tasting", "tasting cup", "闻香杯", 900, 5800),
)

STAFF = (
    Employee("周可", "zhouke@shanlan.example", "owner", "zh", "Zhou Ke", "周可"),
    Employee("Hannah Reed", "hannah@shanlan.example", "agent", "en", "Hannah", "Hannah"),
    Employee("陈默", "chenmo@shanlan.example", "agent", "zh", "Chen Mo", "陈默"),
)

GIVEN_EN = (
    "Alma", "Ben", "Carla", "Dario", "Edith", "Finn", "Grace", "Henrik", "Isla", "Joel", "Kaya", "Liam", "Mira", "Nils",
    "Olive", "Pavel", "Quinn", "Rosa", "Stefan", "Tilda", "Una", "Vera", "Wim", "Yusuf", "Zoe", "Arlo", "Bettina",
    "Cormac",
)  # fmt: skip
FAMILY_EN = (
    "Abbott", "Berger", "Castell", "Dahl", "Ekman", "Farrow", "Galvin", "Hoekstra", "Ilves", "Jarvis", "Kessler",
    "Lacroix", "Marlow", "Novak", "Orsini", "Pryce", "Quist", "Rausch", "Sandoz", "Thorne", "Ulrich", "Vance", "Wells",
)  # fmt: skip
GIVEN_ZH = (
    "知夏", "以南", "清禾", "子墨", "初云", "念一", "书白", "星野", "南星", "亦舟", "听澜", "若木", "景行", "晚舟",
    "青岚", "安歌", "望舒", "乐之", "和光", "小满", "云起", "长庚", "思齐", "微雨",
)  # fmt: skip
FAMILY_ZH = (
    "沈", "陆", "顾", "苏", "叶", "许", "季", "宋", "江", "白", "傅", "秦", "柳", "易", "岑", "闵", "简", "桑", "黎",
    "阮", "池", "骆",
)  # fmt: skip
