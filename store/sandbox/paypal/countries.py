"""Countries as PayPal's addresses have them: ISO 3166-1 codes, which of them need a postal code, which have no city.

PayPal writes China C2 (developer.paypal.com/api/rest/reference/country-codes). Which countries need what is not
published whole; these are the ones that every carrier asks it of.
"""


def read_codes(text: str) -> frozenset[str]:
    """Return the codes that a text has, apart by spaces."""
    return frozenset(text.split())


COUNTRIES = read_codes(
    "AD AE AG AI AL AM AN AO AR AT AU AW AZ BA BB BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ C2 CA CD CG CH CI CK CL"
    " CM CN CO CR CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GI GL GM GN GP GR GT GW"
    " GY HK HN HR HU ID IE IL IN IS IT JM JO JP KE KG KH KI KM KN KR KW KY KZ LA LC LI LK LS LT LU LV MA MC MD ME MG MH"
    " MK ML MN MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PL PM PN PT PW PY QA"
    " RE RO RS RU RW SA SB SC SE SG SH SI SJ SK SL SM SN SO SR ST SV SZ TC TD TG TH TJ TM TN TO TT TV TW TZ UA UG US UY"
    " VA VC VE VG VN VU WF WS YE YT ZA ZM ZW"
)
NO_CITY = read_codes("GI HK MC SG VA")
POSTAL = read_codes(
    "AT AU BE BR C2 CA CH CN CZ DE DK EE ES FI FR GB GR HU IE IN IT JP KR LI LT LU LV MX MY NL NO NZ PL PT RO SE SG SI"
    " SK TH TR TW UA US ZA"
)
