//! Pictures of products that have none: drawn from category, mall and name, always the same.

use std::{fmt::Write, sync::Arc};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use openrace_index::Card;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    app::App,
    error::{Code, Problem},
    extract::Path,
};

/// Where the picture of a product is.
pub(super) fn address(product_id: i64) -> String {
    format!("/openrun/picture/{product_id}.svg")
}

/// Where the image of a product is: its own, or a drawn one.
pub(super) fn or_drawn(image: String, product_id: i64) -> String {
    if image.is_empty() { address(product_id) } else { image }
}

#[derive(Deserialize)]
pub(super) struct PicturePath {
    file: String,
}

/// Draws a product as the index has it.
pub(super) async fn picture(
    State(app): State<Arc<App>>,
    Path(path): Path<PicturePath>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unknown = || Problem::new(Code::NotFound, "There is no such picture.");
    let id = path.file.strip_suffix(".svg").and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
    let card = app.catalogue.card(id).await?.ok_or_else(unknown)?;
    let svg = draw(&card);
    let digest = Sha256::digest(&svg);
    let tag = format!("\"{}\"", digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let kept = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let about = [(header::CACHE_CONTROL, "public, max-age=86400".to_owned()), (header::ETAG, tag)];
    if kept {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    Ok((about, [(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

const WIDTH: usize = 15;
const LINES: usize = 3;

fn draw(card: &Card) -> String {
    let digest = Sha256::digest(card.mall().as_bytes());
    let hue = u32::from(digest[0]) * 360 / 256;
    let tilt = 20 + i64::from(digest[1]) % 50;
    let mut lines = String::new();
    for (line, y) in wrap(card.name()).iter().zip((330..).step_by(26)) {
        let _ = write!(lines, r#"<text x="24" y="{y}">{}</text>"#, escape(line));
    }
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" font-family="sans-serif">
<defs><linearGradient id="g" gradientTransform="rotate({tilt})"><stop offset="0" stop-color="hsl({hue},52%,88%)"/><stop offset="1" stop-color="hsl({other},46%,72%)"/></linearGradient></defs>
<rect width="400" height="400" fill="url(#g)"/>
<circle cx="200" cy="165" r="112" fill="#fff" fill-opacity=".55"/>
<g fill="none" stroke="hsl({hue},45%,28%)" stroke-width="9" stroke-linecap="round" stroke-linejoin="round">{shape}</g>
<rect y="296" width="400" height="104" fill="#fff" fill-opacity=".8"/>
<text x="24" y="44" font-size="24" font-weight="700" fill="hsl({hue},45%,25%)">{mall}</text>
<g font-size="20" fill="#222">{lines}</g>
</svg>"##,
        other = (hue + 40) % 360,
        shape = shape(card.category()),
        mall = escape(card.mall()),
    )
}

/// What a category looks like, in the middle of the picture; an unknown one by its first letter.
fn shape(category: &str) -> String {
    let path = match category {
        "아우터" => "M160 95l40 22 40-22 52 40-20 40-17-12v77H145v-77l-17 12-20-40zM200 117v123",
        "상의" => "M162 98q38 30 76 0l50 36-22 38-18-12v80H152v-80l-18 12-22-38z",
        "하의" => "M152 95h96l14 145h-44l-18-92-18 92h-44zM152 118h96",
        "모자" => "M120 190q4-84 80-84t80 84M104 196q96-26 192 0-96 30-192 0zM200 106v-8",
        "신발" => "M108 140q30 22 60 0l48 46q58 4 72 22v20H108zM108 208h180M180 158l-14 14M198 172l-14 14",
        "가방" => "M124 138h152l14 102H110zM164 138q0-44 36-44t36 44M164 138v26M236 138v26",
        "시계" => "M200 125a45 45 0 1 0 .1 0zM180 122l6-34h28l6 34M180 218l6 34h28l6-34M200 145v27l18 12",
        "노트북" => "M128 108h144v94H128zM104 226h192l-16-24H120z",
        "가전제품" => "M140 92h120v152H140zM200 192a32 32 0 1 1 .1 0zM156 112h28",
        "건강식품" => "M160 126h80v118h-80zM152 96h96v30h-96zM200 158v50M175 183h50",
        _ => "",
    };
    if path.is_empty() {
        let first: String = category.chars().take(1).collect();
        return format!(
            r#"<text x="200" y="205" font-size="110" text-anchor="middle" stroke-width="4">{}</text>"#,
            escape(&first)
        );
    }
    format!(r#"<path d="{path}"/>"#)
}

/// Breaks a name at blanks, and cuts what is longer than a line.
fn wrap(name: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in name.split_whitespace() {
        let width = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
        let line = lines.last_mut().map(|line| width(line)).unwrap_or(0);
        if line > 0 && line + width(word) > 2 * WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            let mut room = 2 * WIDTH;
            line.extend(word.chars().take_while(|c| {
                room = room.saturating_sub(if c.is_ascii() { 1 } else { 2 });
                room > 0
            }));
        }
    }
    lines.truncate(LINES);
    lines
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !character.is_control()) {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            // What no XML may hold.
            '\u{fffe}' | '\u{ffff}' => (),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, category: &str) -> Card {
        Card::new(1, 1, [name, "", "A&B \"<몰>\"", category])
    }

    #[test]
    fn a_picture_is_always_the_same_and_holds_no_markup_of_others() {
        let drawn = draw(&card("<script>alert(1)</script>\u{0}", "</svg>"));
        assert_eq!(drawn, draw(&card("<script>alert(1)</script>\u{0}", "</svg>")));
        assert!(!drawn.contains("<script>") && !drawn.contains('\u{0}'));
        assert!(drawn.contains("A&amp;B &quot;&lt;몰&gt;&quot;"));
        assert_eq!(drawn.matches("</svg>").count(), 1);
    }

    #[test]
    fn a_long_name_is_cut_into_lines() {
        let lines = wrap("나이키 에어 포스 원 로우 레트로 프리미엄 남성 운동화 DD1391-100 화이트 블랙");
        assert!(lines.len() <= LINES && lines.iter().all(|line| line.chars().count() <= 2 * WIDTH));
        assert_eq!(wrap(""), [""]);
    }
}
