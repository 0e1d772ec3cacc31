//! The ten categories: what is sold in them, how it is described and what it costs.
//! In words, a bar marks where they may be written apart: `경량|패딩|조끼`.

use super::brands;

/// One category as it is generated.
pub(super) struct Category {
    pub(super) name: &'static str,
    /// Share of all products, in percent.
    pub(super) share: u32,
    pub(super) brands: &'static str,
    pub(super) nouns: &'static str,
    pub(super) latin_nouns: &'static str,
    pub(super) attributes: &'static str,
    /// Model lines anybody may use; those of a brand are in `lines`.
    pub(super) lines: &'static str,
    pub(super) sizes: &'static str,
    /// Median in won, and spread of its logarithm.
    pub(super) price: (f64, f64),
    /// Latin capitals a model code may start with.
    pub(super) codes: &'static str,
    /// Percent of names with a model code, a colour, a size.
    pub(super) coded: u32,
    pub(super) coloured: u32,
    pub(super) sized: u32,
}

const CLOTHES_SIZES: &str = "S, M, L, XL, 2XL, FREE, 90, 95, 100, 105, 110, (S~XL), M/L";
const CLOTHES_LINES: &str = "\
    에센셜, 어센틱, 클래식|핏, 컴포트|라인, 헤리티지, 어반|라이프, 베이직|라인, 시그니처, 아카이브, 스몰|로고, \
    빅|로고, 아치|로고, 올드|스쿨, 모던|클래식, 액티브|웨어, 트래블|라인, 심볼|로고, 레트로|스포츠, 윈터|에디션, \
    데일리|핏";

pub(super) const CATEGORIES: &[Category] = &[
    Category {
        name: "아우터",
        share: 13,
        brands: brands::FASHION,
        nouns: "\
            패딩, 롱|패딩, 숏|패딩, 경량|패딩|조끼, 패딩|조끼, 바람|막이, 후드|집업, 자켓, 재킷, 데님|자켓, \
            가죽|자켓, 코트, 트렌치|코트, 더플|코트, 가디건, 점퍼, 항공|점퍼, 야구|점퍼, 무스탕, 플리스|자켓, \
            블루종, 아노락, 야상, 블레이저, 구스|다운, 덕|다운|점퍼, 윈드|브레이커, 퀼팅|자켓, 레인|코트, \
            발마칸|코트",
        latin_nouns: "\
            DOWN JACKET, WINDBREAKER, HOODED ZIP-UP, BOMBER JACKET, TRENCH COAT, FLEECE JACKET, VEST, BLAZER",
        attributes: "\
            오버핏, 남성, 여성, 남녀|공용, 경량, 방수, 방풍, 초경량, 기모, 리버시블, 후드, 크롭, 루즈핏, 겨울, \
            간절기, 봄|가을, 빅|로고, 울, 캐시미어, 스트링, 투웨이, 숏, 롱, 헤비, 구스, 발수, 스탠|카라, 배색",
        lines: CLOTHES_LINES,
        sizes: CLOTHES_SIZES,
        price: (119_000.0, 0.75),
        codes: "NJ, NE, YHJK, DK, MDJK, FB, AJ, DWDJ",
        coded: 25,
        coloured: 62,
        sized: 22,
    },
    Category {
        name: "상의",
        share: 14,
        brands: brands::FASHION,
        nouns: "\
            티셔츠, 반팔|티셔츠, 긴팔|티셔츠, 반팔티, 맨투맨, 후드티, 후드|티셔츠, 니트, 스웨터, 셔츠, 체크|셔츠, \
            린넨|셔츠, 블라우스, 폴로|셔츠, 카라|티셔츠, 민소매, 나시, 스웨트|셔츠, 니트|조끼, 목폴라, \
            기모|맨투맨, 래쉬|가드, 크롭|티, 럭비|티셔츠, 헨리넥|티셔츠, 스포츠|브라탑, 라운드|니트, 데님|셔츠",
        latin_nouns: "T-SHIRT, HOODIE, SWEATSHIRT, KNIT, CREWNECK, SHIRT, POLO SHIRT, SLEEVELESS, CARDIGAN",
        attributes: "\
            오버핏, 남성, 여성, 남녀|공용, 기모, 반팔, 긴팔, 라운드, 브이넥, 스트라이프, 자수, 프린팅, 쿨링, \
            세미|오버, 루즈핏, 슬림핏, 코튼, 헤비|코튼, 린넨, 케이블, 그래픽, 무지, 피그먼트, 워싱, 크롭, 골지",
        lines: CLOTHES_LINES,
        sizes: CLOTHES_SIZES,
        price: (39_000.0, 0.6),
        codes: "NT7, TNSW, SPMT, IA, WM, CO24, UMT",
        coded: 22,
        coloured: 62,
        sized: 22,
    },
    Category {
        name: "하의",
        share: 13,
        brands: brands::FASHION,
        nouns: "\
            청바지, 데님|팬츠, 와이드|팬츠, 슬랙스, 조거|팬츠, 트레이닝|바지, 반바지, 숏|팬츠, 카고|팬츠, 면바지, \
            치노|팬츠, 레깅스, 스커트, 롱|스커트, 미니|스커트, 플리츠|스커트, 스웨트|팬츠, 부츠컷|팬츠, \
            밴딩|팬츠, 코듀로이|팬츠, 기모|바지, 나일론|팬츠, 버뮤다|팬츠, 바이커|쇼츠, 등산|바지, 골프|바지, \
            트랙|팬츠",
        latin_nouns: "DENIM PANTS, WIDE PANTS, CARGO PANTS, JEANS, SHORTS, SKIRT, SLACKS, JOGGER PANTS, LEGGINGS",
        attributes: "\
            와이드, 남성, 여성, 남녀|공용, 기모, 밴딩, 원턱, 투턱, 세미|와이드, 스트레이트, 테이퍼드, \
            하이|웨스트, 생지, 셀비지, 논페이드, 스판, 쿨, 융기모, 카펜터, 루즈핏, 슬림핏, 크롭, 커브드, 다잉, \
            빈티지|워싱",
        lines: CLOTHES_LINES,
        sizes: "26, 28, 30, 32, 34, 36, S, M, L, XL, FREE, (28~36)",
        price: (45_000.0, 0.6),
        codes: "NP6, SPTC, DN, PLP, HW, LV501",
        coded: 20,
        coloured: 62,
        sized: 22,
    },
    Category {
        name: "모자",
        share: 6,
        brands: brands::FASHION,
        nouns: "\
            볼캡, 버킷햇, 벙거지|모자, 비니, 군밤|모자, 썬캡, 스냅백, 베레모, 캠프캡, 야구|모자, 등산|모자, \
            트루퍼햇, 바라클라바, 귀달이|모자, 사파리햇, 밀짚|모자, 니트|비니, 골프|모자, 헌팅캡, 메쉬캡, \
            선바이저, 방한|모자",
        latin_nouns: "BALL CAP, BUCKET HAT, BEANIE, SNAPBACK, CAMP CAP, TROOPER HAT, MESH CAP, BERET",
        attributes: "\
            오버핏, 남성, 여성, 남녀|공용, 방수, 자외선|차단, 메쉬, 코튼, 울, 빅|사이즈, 로고, 자수, 와이어, \
            코듀로이, 숏, 방한, 챙넓은, 언스트럭쳐, 데님, 워싱, 퀵드라이",
        lines: "루키, 언더|그라운드, 필드, 시티|라인, 클래식, 헤리티지, 트레일, 모노|그램, 스몰|로고, 빅|로고, 볼드",
        sizes: "FREE, 55, 57, 59, M/L, S/M, 프리|사이즈",
        price: (33_000.0, 0.5),
        codes: "3ACP, NE3, LPX, FOS, HB",
        coded: 25,
        coloured: 62,
        sized: 22,
    },
    Category {
        name: "신발",
        share: 15,
        brands: brands::FASHION,
        nouns: "\
            운동화, 스니커즈, 러닝화, 런닝화, 등산화, 트레킹화, 구두, 로퍼, 부츠, 첼시|부츠, 워커, 샌들, 슬리퍼, \
            농구화, 축구화, 풋살화, 골프화, 테니스화, 워킹화, 단화, 뮬, 슬립온, 방한|부츠, 레인|부츠, \
            키높이|운동화, 커플|운동화, 하이킹화, 더비|슈즈, 메리|제인, 털|슬리퍼",
        latin_nouns: "SNEAKERS, RUNNING SHOES, LOAFER, BOOTS, SANDALS, SLIDES, DERBY SHOES, SLIP-ON, MULE",
        attributes: "\
            남성, 여성, 남녀|공용, 경량, 방수, 고어|텍스, 쿠션, 통굽, 키높이, 발편한, 와이드|핏, 미끄럼|방지, \
            메쉬, 가죽, 스웨이드, 니트, 하이, 로우, 미드, 청키, 어글리, 논슬립, 에어, 플랫폼, 빈티지, 다이얼",
        lines: "\
            클래식|러너, 코트|비전, 에어|러너, 트레일|워커, 올드|스쿨, 시티|워크, 하이|킥, 플라이|런, \
            레트로|러너, 스피드|런",
        sizes: "220, 225, 230, 235, 240, 245, 250, 255, 260, 265, 270, 275, 280, 285, 290, [240~290mm]",
        price: (99_000.0, 0.55),
        codes: "FB, DD, HF, CW, GW, IE, ML, MR530, NBPD, U574, DR",
        coded: 40,
        coloured: 62,
        sized: 22,
    },
    Category {
        name: "가방",
        share: 9,
        brands: brands::FASHION,
        nouns: "\
            백팩, 크로스백, 토트백, 숄더백, 에코백, 메신저백, 힙색, 슬링백, 여행|가방, 캐리어, 보스턴백, 클러치, \
            노트북|가방, 서류|가방, 책가방, 파우치, 등산|배낭, 호보백, 버킷백, 미니백, 보조|가방, 짐색, \
            기저귀|가방, 카드|지갑, 반지갑, 쇼퍼백",
        latin_nouns: "\
            BACKPACK, CROSS BAG, TOTE BAG, SHOULDER BAG, MESSENGER BAG, HOBO BAG, DUFFLE BAG, POUCH, WALLET",
        attributes: "\
            남성, 여성, 남녀|공용, 방수, 경량, 대용량, 미니, 가죽, 소가죽, 캔버스, 나일론, 퀼팅, 직장인, 대학생, \
            초등학생, 스트링, 투웨이, 노트북|수납, 체인, 빅, 미디움, 스몰, 리사이클, 24인치, 28인치, 20인치",
        lines: "\
            칸켄, 시티|팩, 데일리|팩, 모노|그램, 빅|샷, 스쿨|팩, 클래식|메신저, 트래블|메이트, 어반|팩, \
            소프트|백, 에브리|데이",
        sizes: "20L, 25L, 30L, S, M, L, FREE, 15.6인치",
        price: (69_000.0, 0.8),
        codes: "NM2, JS, BG, FJ, ACC, N235",
        coded: 20,
        coloured: 62,
        sized: 22,
    },
    Category {
        name: "시계",
        share: 7,
        brands: brands::WATCHES,
        nouns: "\
            시계, 손목|시계, 스마트|워치, 전자|시계, 메탈|시계, 가죽|시계, 다이버|워치, 크로노|그래프, \
            오토매틱|시계, 디지털|시계, 여성|시계, 남성|시계, 커플|시계, 시계|줄, 우레탄|밴드, 군용|시계, \
            학생|시계, 러닝|워치, 탁상|시계, 벽시계, 수능|시계",
        latin_nouns: "WATCH, CHRONOGRAPH, AUTOMATIC WATCH, SMART WATCH, DIVER WATCH, DIGITAL WATCH, WATCH STRAP",
        attributes: "\
            남성, 여성, 남녀|공용, 방수, 100m|방수, 쿼츠, 오토매틱, 솔라, 사파이어, 메탈, 가죽, 우레탄, 카본, \
            스켈레톤, 문페이즈, 야광, 블루투스, GPS, 셀룰러, 사각, 빈티지, 드레스, 캐주얼, 무브먼트",
        lines: "\
            프레사지, 마스터|피스, 클래식|데이트, 스포츠|매틱, 시티|엘레강스, 네이비|필드, 레트로|디지털, \
            슬림|라인",
        sizes: "38mm, 40mm, 41mm, 42mm, 44mm, 45mm, 49mm, 36mm, 28mm",
        price: (189_000.0, 1.05),
        codes: "GA, GM, DW, SNK, SRPD, GST, LTP, MTP, SM, BN, T137",
        coded: 65,
        coloured: 50,
        sized: 25,
    },
    Category {
        name: "노트북",
        share: 5,
        brands: brands::NOTEBOOKS,
        nouns: "\
            노트북, 게이밍|노트북, 사무용|노트북, 대학생|노트북, 투인원|노트북, 울트라북, 크롬북, 업무용|노트북, \
            인강용|노트북, 태블릿|노트북, 고성능|노트북, 휴대용|노트북, 노트북|거치대, 노트북|파우치, \
            노트북|충전기, 도킹|스테이션",
        latin_nouns: "LAPTOP, NOTEBOOK, GAMING LAPTOP, ULTRABOOK, CHROMEBOOK, DOCKING STATION, LAPTOP SLEEVE",
        attributes: "\
            윈도우11, 프리도스, 초경량, 가벼운, 인강용, 사무용, 학생용, 터치|스크린, OLED, RTX4060, RTX4070, \
            RTX3050, 코어i5, 코어i7, 라이젠5, 라이젠7, 울트라7, M3, 16GB, 32GB, SSD 512GB, NVMe 1TB, 15.6인치, \
            14인치, 16인치, WIN11",
        lines: "아이디어|패드, 스위프트, 비보|북, 크리에이터, 프로|북, 에어|북, 슬림|북, 스텔스",
        sizes: "13인치, 14인치, 15인치, 16인치, 17인치, 8GB, 16GB, 32GB, 512GB, 1TB",
        price: (1_090_000.0, 0.6),
        codes: "NT960X, NT750X, 15Z90R, 17ZD90, GA402, 82XW, S5606, A515",
        coded: 70,
        coloured: 35,
        sized: 45,
    },
    Category {
        name: "가전제품",
        share: 10,
        brands: brands::APPLIANCES,
        nouns: "\
            공기|청정기, 로봇|청소기, 무선|청소기, 진공|청소기, 냉장고, 김치|냉장고, 세탁기, 드럼|세탁기, 건조기, \
            에어컨, 선풍기, 서큘레이터, 가습기, 제습기, 전기|밥솥, 압력|밥솥, 에어|프라이어, 전자|레인지, \
            커피|머신, 토스터, 믹서기, 전기|포트, 식기|세척기, 헤어|드라이기, 고데기, 전기|면도기, \
            블루투스|이어폰, 무선|이어폰, 헤드폰, 블루투스|스피커, 사운드바, 빔|프로젝터, 모니터, 보조|배터리, \
            전기|히터, 전기|매트, 안마기, 체중계, 스팀|다리미, 무선|충전기",
        latin_nouns: "\
            AIR PURIFIER, ROBOT VACUUM, HEADPHONES, BLUETOOTH SPEAKER, COFFEE MACHINE, MONITOR, HAIR DRYER, \
            CHARGER",
        attributes: "\
            무선, 가정용, 업소용, 대용량, 소형, 미니, 저소음, 스마트, 인버터, 1등급, 휴대용, BLDC, 살균, 원룸, \
            캠핑용, 차량용, 초고속, 충전식, 6인용, 10인용, 4K, 27인치, 노이즈|캔슬링, USB-C, 65W, IoT",
        lines: "\
            퓨어|케어, 스마트|클린, 에어|케어, 파워|맥스, 싸이클론, 오브제, 올인원, 에코|플러스, 제로|핏, \
            사운드|링크",
        sizes: "1개, 2개, 5L, 7L, 10평, 15평, 32인치, 20000mAh, 500W",
        price: (129_000.0, 1.0),
        codes: "AX, RF85, CRP, F21, AS1, WF, SIF, V15, WH, BPB, EHQ",
        coded: 60,
        coloured: 12,
        sized: 40,
    },
    Category {
        name: "건강식품",
        share: 8,
        brands: brands::HEALTH,
        nouns: "\
            홍삼정, 홍삼|스틱, 비타민C, 비타민D, 멀티|비타민, 종합|비타민, 오메가3, 알티지|오메가3, 유산균, \
            프로바이오틱스, 루테인, 밀크|씨슬, 콜라겐, 저분자|콜라겐, 단백질|쉐이크, 프로틴, 글루코사민, \
            마그네슘, 칼슘, 아연, 철분제, 엽산, 흑염소|진액, 양배추즙, 도라지|배즙, 석류즙, 효소, 가르시니아, \
            녹용, 프로폴리스, 비오틴, 크릴|오일, 보스웰리아, 엠에스엠, 새싹|보리",
        latin_nouns: "OMEGA-3, VITAMIN C, PROBIOTICS, COLLAGEN, WHEY PROTEIN, MAGNESIUM, MULTIVITAMIN, LUTEIN",
        attributes: "\
            고함량, 어린이, 여성용, 남성용, 임산부, 식물성, 저분자, 프리미엄, 데일리, 맛있는, 씹어먹는, 초임계, \
            유기농, 국내산, 6년근, 츄어블, 분말, 액상, 캡슐, 구미, 선물|세트, 온가족, 장|건강, 눈|건강, 관절, 면역",
        lines: "데일리|팩, 올인원, 골드, 에브리|타임, 프로|바이오, 키즈, 플러스, 포뮬러, 트리플, 더블|케어",
        sizes: "30정, 60정, 90정, 120캡슐, 30포, 60포, 1개월분, 3개월분, 2박스, 500g, 1kg",
        price: (29_900.0, 0.65),
        codes: "KGC, VT, OM, PB",
        coded: 4,
        coloured: 0,
        sized: 75,
    },
];
