//! Colours, labels and malls. A bar marks where a word may be written apart.

use super::words::Words;

/// The words that every category shares.
pub(super) struct Wording {
    pub(super) colours: Words,
    pub(super) latin_colours: Words,
    pub(super) latin_lines: Words,
    pub(super) labels: Words,
    pub(super) extras: Words,
    pub(super) malls: Words,
}

impl Wording {
    pub(super) fn new() -> Wording {
        Wording {
            colours: Words::parse(COLOURS),
            latin_colours: Words::parse(LATIN_COLOURS),
            latin_lines: Words::parse(LATIN_LINES),
            labels: Words::parse(LABELS),
            extras: Words::parse(EXTRAS),
            malls: Words::parse(MALLS),
        }
    }
}

/// How a brand's own shop is called, after the brand.
pub(super) const OFFICIAL: [&str; 8] = ["", "", "", " 공식스토어", " 공식몰", "몰", " 코리아", "스토어"];

const LATIN_LINES: &str = "CLASSIC, ESSENTIAL, ORIGINAL, PREMIUM, BASIC, VINTAGE, PRO, AIR, SIGNATURE, ARCHIVE";

const COLOURS: &str = "\
    블랙, 화이트, 그레이, 네이비, 베이지, 아이보리, 차콜, 브라운, 카키, 크림, 블루, 스카이|블루, 핑크, \
    라이트|핑크, 레드, 버건디, 와인, 그린, 다크|그린, 올리브, 민트, 옐로우, 머스타드, 오렌지, 퍼플, 라벤더, 실버, \
    골드, 로즈|골드, 라이트|그레이, 다크|네이비, 멜란지|그레이, 오트밀, 모카, 카멜, 샌드, 코랄, 인디고, 연청, \
    중청, 진청, 흑청, 스페이스|그레이, 미드나잇, 스타라이트, 티타늄|블랙, 검정, 흰색, 남색, 회색";

const LATIN_COLOURS: &str = "\
    BLACK, WHITE, GRAY, NAVY, BEIGE, IVORY, CHARCOAL, BROWN, KHAKI, CREAM, BLUE, SKY BLUE, PINK, RED, BURGUNDY, \
    GREEN, OLIVE, MINT, YELLOW, ORANGE, PURPLE, SILVER, GOLD, OATMEAL, INDIGO, BK, WH, GY, NV";

const LABELS: &str = "\
    [무료배송], [정품], [당일발송], [공식], [공식판매처], [오늘출발], [국내배송], [해외직구], [신상], [한정수량], \
    [1+1], [특가], [단독], [리퍼], [예약판매], [사은품증정], (당일발송), ★특가★, [백화점정품], [24FW], [25SS]";

/// What shops put behind a name.
const EXTRAS: &str = "\
    남녀공용, 커플룩, 선물용, 생일선물, 3color, (5컬러), 택1, 빅사이즈, 국내매장판, 병행수입, 사은품 증정, \
    무료배송, 당일출고, 인기상품, 데일리, 신학기, 캠핑, 여행용, 출근룩, 추천, 2PACK, [2개], 세트";

/// Open markets and department stores, the most used first.
const MALLS: &str = "\
    쿠팡, 네이버, 11번가, G마켓, 옥션, 무신사, SSG닷컴, 롯데온, 29CM, W컨셉, 지그재그, 에이블리, 현대Hmall, GS샵, \
    CJ온스타일, 롯데하이마트, 전자랜드, 인터파크, 위메프, 티몬, 크림, 하프클럽, AK몰, 갤러리아몰, 오늘의집, \
    카카오톡 선물하기, 올리브영, 다나와, 패션플러스, 아이스탁몰";
