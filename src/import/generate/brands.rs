//! The brands, each sector in the order of their popularity: `한글=Latin`, or one spelling alone.

/// Clothes, shoes, hats and bags.
pub(super) const FASHION: &str = "\
나이키=NIKE, 아디다스=adidas, 노스페이스=THE NORTH FACE, 뉴발란스=New Balance, 무신사 스탠다드=MUSINSA STANDARD, \
스파오=SPAO, 푸마=PUMA, 휠라=FILA, 디스커버리=DISCOVERY, 내셔널지오그래픽=NATIONAL GEOGRAPHIC, 커버낫=COVERNAT, \
마뗑킴=MATIN KIM, 마리떼=MARITHE, 유니클로=UNIQLO, 탑텐=TOPTEN10, 지오다노=GIORDANO, 폴로=POLO, 타미힐피거=TOMMY HILFIGER, \
라코스테=LACOSTE, 리복=Reebok, 컨버스=CONVERSE, 반스=VANS, 아식스=ASICS, 언더아머=UNDER ARMOUR, 데상트=DESCENTE, \
코오롱스포츠=KOLON SPORT, 블랙야크=BLACKYAK, 케이투=K2, 네파=NEPA, 아이더=EIDER, 밀레=MILLET, 컬럼비아=Columbia, \
파타고니아=PATAGONIA, 아크테릭스=ARC'TERYX, 살로몬=SALOMON, 호카=HOKA, 온러닝=On, 크록스=CROCS, 닥터마틴=Dr.Martens, \
팀버랜드=Timberland, 어그=UGG, 버켄스탁=BIRKENSTOCK, 스케쳐스=SKECHERS, 엄브로=UMBRO, 카파=KAPPA, 챔피온=CHAMPION, \
칼하트=CARHARTT, 디키즈=DICKIES, 리바이스=LEVI'S, 캘빈클라인=Calvin Klein, 게스=GUESS, 버커루=BUCKAROO, 지프=JEEP, \
후아유=WHO.A.U, 에잇세컨즈=8SECONDS, 자라=ZARA, 망고=MANGO, 에이치앤엠=H&M, 갭=GAP, 빈폴=BEANPOLE, 헤지스=HAZZYS, \
타임=TIME, 마인=MINE, 시스템=SYSTEM, 솔리드옴므=SOLID HOMME, 우영미=WOOYOUNGMI, 준지=JUUN.J, 앤더슨벨=ANDERSSON BELL, \
아더에러=ADER ERROR, 이미스=EMIS, 오아이오아이=OIOI, 널디=NERDY, 키르시=KIRSH, 와키윌리=WACKY WILLY, 디스이즈네버댓=thisisneverthat, \
스투시=STUSSY, 슈프림=Supreme, 오베이=OBEY, 브라운브레스=BROWNBREATH, 인사일런스=INSILENCE, 드로우핏=DRAW FIT, 토피=TOFFEE, \
비슬로우=BESLOW, 쿠어=COOR, 파르티멘토=PARTIMENTO, 수아레=SUARE, 예일=YALE, 엘엠씨=LMC, 라퍼지스토어=LAFUDGESTORE, \
그루브라임=GROOVE RHYME, 로맨틱크라운=ROMANTIC CROWN, 아웃스탠딩=OUTSTANDING, 필루미네이트=FILLUMINATE, 어반디타입=URBANDTYPE, \
제너럴아이디어=GENERAL IDEA, 던스트=DUNST, 르메르=LEMAIRE, 메종키츠네=Maison Kitsune, 아미=AMI, 아페쎄=A.P.C., \
꼼데가르송=COMME des GARCONS, 메종마르지엘라=Maison Margiela, 스톤아일랜드=STONE ISLAND, 씨피컴퍼니=C.P. COMPANY, 몽클레르=MONCLER, \
캐나다구스=CANADA GOOSE, 무스너클=MOOSE KNUCKLES, 맥케이지=MACKAGE, 구찌=GUCCI, 프라다=PRADA, 생로랑=SAINT LAURENT, \
보테가베네타=BOTTEGA VENETA, 발렌시아가=BALENCIAGA, 버버리=BURBERRY, 톰브라운=THOM BROWNE, 지방시=GIVENCHY, 몽벨=montbell, \
마모트=MARMOT, 피엘라벤=FJALLRAVEN, 그레고리=GREGORY, 오스프리=OSPREY, 잔스포츠=JANSPORT, 이스트팩=EASTPAK, 쌤소나이트=Samsonite, \
아메리칸투어리스터=AMERICAN TOURISTER, 투미=TUMI, 리모와=RIMOWA, 닥스=DAKS, 메트로시티=METROCITY, 루이까또즈=LOUIS QUATORZE, \
엠씨엠=MCM, 코치=COACH, 마이클코어스=MICHAEL KORS, 롱샴=LONGCHAMP, 쿠론=COURONNE, 분크=VUNQUE, 조셉앤스테이시=JOSEPH&STACEY, \
로서울=ROH SEOUL, 스탠드오일=STAND OIL, 마르헨제이=MARHEN.J, 오소이=OSOI, 앤아더스토리즈=& Other Stories, 캉골=KANGOL, \
뉴에라=NEW ERA, 포티세븐=47BRAND, 엠엘비=MLB, 볼컴=VOLCOM, 퀵실버=QUIKSILVER, 록시=ROXY, 버튼=BURTON, 오클리=OAKLEY, \
미즈노=MIZUNO, 요넥스=YONEX, 헤드=HEAD, 윌슨=WILSON, 르꼬끄=le coq sportif, 프로스펙스=PRO-SPECS, 르까프=LECAF, \
타이틀리스트=TITLEIST, 캘러웨이=Callaway, 피엑스지=PXG, 말본골프=MALBON GOLF, 제이린드버그=J.LINDEBERG, 안다르=andar, \
젝시믹스=XEXYMIX, 뮬라웨어=MULAWEAR, 룰루레몬=lululemon, 에이바이봄=A BY BOM, 쥬시쥬디=JUICY JUDY, 로엠=ROEM, 미쏘=MIXXO, \
올리비아로렌=OLIVIA LAUREN, 크로커다일레이디=CROCODILE LADY, 여성시대, 온앤온=ON&ON, 쉬즈미스=SHESMISS, 베스띠벨리=BESTIBELLI, \
킨=KEEN, 테바=TEVA, 수페르가=SUPERGA, 락포트=ROCKPORT, 탠디=TANDY, 소다=SODA, 금강제화=KUMKANG, 에스콰이아=ESQUIRE, \
사뿐=SAPPUN, 슈펜=SHOOPEN, 오니츠카타이거=Onitsuka Tiger, 사코니=Saucony, 브룩스=BROOKS, 알트라=ALTRA, 머렐=MERRELL, \
캠퍼=CAMPER, 핏플랍=FitFlop, 락피쉬웨더웨어=ROCKFISH WEATHERWEAR, 헌터=HUNTER, 골든구스=GOLDEN GOOSE, 베자=VEJA, \
모드나인=MOD9, 플랙=PLAC, 잠뱅이=JAMBANGEE, 리=Lee, 랭글러=WRANGLER, 누디진=NUDIE JEANS, 디젤=DIESEL, 에드윈=EDWIN, \
티엔지티=TNGT, 지이크=SIEG, 마에스트로=MAESTRO, 갤럭시=GALAXY LIFESTYLE, 로가디스=ROGATIS, 앤드지=ANDZ, 웰메이드=WELLMADE, \
올젠=OLZEN, 인디안=INDIAN, 세터=SATUR, 시티브리즈=CITYBREEZE, 그로브=GROVE, 리올그=RIE, 타입서비스=TYPESERVICE, \
밈더워드로브=MEME THE WARDROBE, 유메르=UMER, 포터리=POTTERY, 이스트쿤스트=EASTKUNST, 도프제이슨=DOFFJASON, 제로=XERO, \
트래블=TRVLR, 하이드아웃=HIDEOUT, 프리즘웍스=FRIZMWORKS, 브랜디드=BRANDED, 노매뉴얼=NOMANUAL, 산산기어=SAN SAN GEAR, \
헬리녹스웨어=HELINOX WEAR, 스노우피크=SNOW PEAK, 고어웨어=GOREWEAR, 라이프워크=LIFEWORK, 캘리포니아셔츠, 동대문상회, 데일리룩";

/// Watches.
pub(super) const WATCHES: &str = "\
카시오=CASIO, 세이코=SEIKO, 애플=Apple, 삼성전자=SAMSUNG, 시티즌=CITIZEN, 지샥=G-SHOCK, 스와치=Swatch, 티쏘=TISSOT, \
해밀턴=HAMILTON, 다니엘웰링턴=Daniel Wellington, 파슬=FOSSIL, 로즈몽=ROSEMONT, 오리엔트=ORIENT, 가민=GARMIN, 론진=LONGINES, \
태그호이어=TAG HEUER, 오메가=OMEGA, 롤렉스=ROLEX, 튜더=TUDOR, 미도=MIDO, 라도=RADO, 브라이틀링=BREITLING, 까르띠에=Cartier, \
아르마니=EMPORIO ARMANI, 마크제이콥스=MARC JACOBS, 타이맥스=TIMEX, 루미녹스=LUMINOX, 트리젠코=TRIGENCO, 로만손=ROMANSON, \
스톤헨지=STONEHENgE, 클루=CLUE, 오에스티=OST, 순토=SUUNTO, 폴라=POLAR, 핏비트=Fitbit, 샤오미=XIAOMI, 어메이즈핏=AMAZFIT, \
융한스=JUNGHANS, 노모스=NOMOS, 베어링=BERING, 스카겐=SKAGEN, 아이스워치=ICE WATCH, 라코=LACO, 스토바=STOWA, 보스=BOSS, \
쥴리어스=JULIUS, 폴리스=POLICE, 인빅타=INVICTA, 부로바=BULOVA, 제이에스티나=J.ESTINA";

/// Notebooks.
pub(super) const NOTEBOOKS: &str = "\
삼성전자=SAMSUNG, 엘지전자=LG, 애플=Apple, 레노버=Lenovo, 에이수스=ASUS, 에이치피=HP, 델=DELL, 엠에스아이=MSI, 에이서=acer, \
기가바이트=GIGABYTE, 한성컴퓨터=HANSUNG, 마이크로소프트=Microsoft, 레이저=RAZER, 디클=DICLE, 주연테크=JOOYON, 베이직스=BASICS, \
아이뮤즈=iMUZ, 이그닉=iGNIK, 화웨이=HUAWEI, 샤오미=XIAOMI, 포유디지털=ForYou, 다나와컴퓨터=DANAWA, 컴퓨존=COMPUZONE, 에일리언웨어=ALIENWARE";

/// Household electronics.
pub(super) const APPLIANCES: &str = "\
삼성전자=SAMSUNG, 엘지전자=LG, 쿠쿠=CUCKOO, 다이슨=Dyson, 필립스=PHILIPS, 쿠첸=CUCHEN, 위닉스=WINIX, 코웨이=COWAY, 샤오미=XIAOMI, \
소니=SONY, 보스=BOSE, 제이비엘=JBL, 신일=SHINIL, 한일=HANIL, 캐리어=CARRIER, 위니아=WINIA, 대우전자=DAEWOO, 일렉트로룩스=Electrolux, \
브라운=BRAUN, 파나소닉=PANASONIC, 테팔=TEFAL, 발뮤다=BALMUDA, 드롱기=DeLonghi, 네스프레소=NESPRESSO, 브레빌=Breville, \
로보락=Roborock, 에코백스=ECOVACS, 드리미=DREAME, 아이로봇=iRobot, 휴롬=HUROM, 해피콜=HAPPYCALL, 키친아트=KITCHEN ART, \
락앤락=LOCK&LOCK, 스메그=SMEG, 밀레가전=Miele, 보쉬=BOSCH, 카처=KARCHER, 벨킨=belkin, 앤커=ANKER, 로지텍=Logitech, 젠하이저=SENNHEISER, \
마샬=Marshall, 하만카돈=Harman Kardon, 뱅앤올룹슨=Bang & Olufsen, 야마하=YAMAHA, 캐논=Canon, 니콘=Nikon, 후지필름=FUJIFILM, 고프로=GoPro, \
인스타360=Insta360, 디제이아이=DJI, 엡손=EPSON, 브라더=brother, 벤큐=BenQ, 뷰소닉=ViewSonic, 유니맥스=UNIMAX, 오아=OA, \
보국전자=BOKUK, 르젠=LEZEN, 무아스=mooas, 제스파=ZESPA, 세라젬=CERAGEM, 바디프랜드=BODYFRIEND, 유닉스=UNIX, 바비리스=BaByliss, \
필스톤=FEELSTONE, 쉴드라이프=SHIELDLIFE, 아이닉=iNIK, 디베아=DIBEA, 클레어=CLAIR, 플러스마이너스제로=PLUSMINUSZERO, 리큅=LIQUIP";

/// Health food.
pub(super) const HEALTH: &str = "\
정관장=CheongKwanJang, 종근당건강=CKD, 뉴트리원=NUTRIONE, 고려은단=EUNDAN, 솔가=Solgar, 나우푸드=NOW FOODS, 뉴트리디데이=NUTRI D-DAY, \
일동후디스=ILDONG FOODIS, 한미양행=HANMI, 대웅제약=DAEWOONG, 유한양행=YUHAN, 동국제약=DONGKOOK, 광동제약=KWANGDONG, 지큐랩=GQLAB, \
락토핏=LACTO-FIT, 쎌바이오텍=CELLBIOTECH, 듀오락=DUOLAC, 얼라이브=Alive, 센트룸=Centrum, 세노비스=CENOVIS, 닥터린=Dr.Lin, \
안국건강=AHNGOOK, 에스더포뮬러=ESTHER FORMULA, 여에스더, 비타민하우스=VITAMIN HOUSE, 뉴오리진=NEWORIGIN, 네이처메이드=Nature Made, \
라이프익스텐션=Life Extension, 닥터스베스트=Doctor's Best, 쏜리서치=THORNE, 스포츠리서치=Sports Research, 칼슘앤매그=CAL&MAG, \
익스트림=XTREME, 마이프로틴=MYPROTEIN, 옵티멈뉴트리션=OPTIMUM NUTRITION, 칼로바이=CALOBYE, 하림=HARIM, 셀렉스=SELEX, 랩노쉬=LABNOSH, \
허벌라이프=HERBALIFE, 암웨이=Amway, 천호엔케어=CHUNHO NCARE, 김정문알로에=KJM ALOE, 풀무원건강=PULMUONE, 참다한=CHAMDAHAN, \
한삼인=HANSAMIN, 홍이장군, 경남제약=KYUNGNAM, 레모나=LEMONA, 보령=BORYUNG, 휴온스=HUONS, 씨제이웰케어=CJ WELLCARE, 덴프스=DENPS, \
푸드올로지=FOODOLOGY, 비에날씬=BNR THIN, 그린몬스터=GREEN MONSTER, 오쏘몰=Orthomol, 뉴트리코어=NUTRICORE, 닥터아돌=Dr.ADOL, 페노비스=PHENOVIS";
