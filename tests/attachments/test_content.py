"""What a file is, by its bytes."""

import io
import struct
import zipfile

import pytest

from app.attachments.content import FORMATS, RefusedFileError, recognise
from tests.attachments.conftest import packed, pdf

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
PROGRAM = b"MZ\x90\0" + b"\0" * 300


def ole(*streams: str) -> bytes:
    return OLE + b"".join(name.encode("utf-16-le").ljust(64, b"\0") for name in streams)


def office(folder: str, **further: bytes) -> bytes:
    return packed({"[Content_Types].xml": b"<Types/>", f"{folder}/document.xml": b"<a/>", **further})


SAMPLES = {
    "a.pdf": pdf(),
    "b.pdf": b"\n\n" + pdf(),
    "a.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
    "a.jpg": b"\xff\xd8\xff\xe0" + b"\0" * 40,
    "a.jpeg": b"\xff\xd8\xff\xe1" + b"\0" * 40,
    "a.tif": b"II*\0" + b"\0" * 40,
    "a.webp": b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 40,
    "a.dwg": b"AC1032" + b"\0" * 40,
    "a.docx": office("word"),
    "a.xlsx": office("xl", **{"xl/media/dibujo.svg": b"<svg/>"}),
    "a.pptx": office("ppt"),
    "a.doc": ole("Root Entry", "WordDocument"),
    "a.xls": ole("Root Entry", "Workbook"),
    "a.ppt": ole("Root Entry", "PowerPoint Document"),
    "a.odt": packed({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<a/>"}),
    "a.ods": packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}),
    "a.odp": packed({"mimetype": b"application/vnd.oasis.opendocument.presentation", "x": b""}),
    "a.csv": "clave;descripción\n1;Año".encode("cp1252"),
    "b.csv": "﻿clave,descripción\n".encode(),
    "a.txt": "[Sección] <b>no es una página</b>".encode(),
    "a.json": b' {"ocid": 1}',
    "a.geojson": b'{"type": "Feature"}',
    "a.xml": b'<?xml version="1.0"?>\n<!-- x --><cfdi:Comprobante xmlns:cfdi="x"/>',
    "a.kml": b'<?xml version="1.0"?><kml xmlns="x"></kml>',
    "a.kmz": packed({"doc.kml": b"<kml/>"}),
    "a.zip": packed({"acta.pdf": pdf(), "planos/a.dwg": b"AC1032"}),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_what_we_take_is_recognised(name: str) -> None:
    seen = recognise(name, io.BytesIO(SAMPLES[name]))
    assert f".{name.partition('.')[2]}" in seen.format.extensions
    assert seen.media_type.startswith(seen.format.media_type)
    assert seen.file_name == name
    assert seen.advice == ()


def test_every_format_has_a_sample() -> None:
    endings = {f".{name.partition('.')[2]}" for name in SAMPLES}
    assert all(endings & set(one.extensions) for one in FORMATS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_name_without_ending_gets_that_of_its_content(name: str) -> None:
    seen = recognise("LPN-014.2024", io.BytesIO(SAMPLES[name]))
    assert seen.file_name == f"LPN-014.2024{seen.format.extensions[0]}"


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("acta.pdf", PROGRAM, "dice ser PDF y por dentro es un programa"),
        ("acta.pdf", b"\x7fELF" + b"\0" * 60, "un programa"),
        ("acta.txt", b"#!/bin/sh\nrm -rf /", "un programa"),
        ("acta.pdf", b"L\0\0\0\x01\x14\x02\0" + b"\0" * 60, "acceso directo"),
        ("acta.pdf", b"<!DOCTYPE html><html><body>hola", "dice ser PDF y por dentro es una página web"),
        ("acta.xml", b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", "una página web"),
        ("acta.xml", b"<a><script>alert(1)</script></a>", "una página web"),
        ("acta.txt", b"<svg xmlns='x'><script/></svg>", "una página web"),
        ("plano.xml", b"<?xml version='1.0'?>\n<!DOCTYPE svg><svg:svg/>", "un dibujo SVG"),
        ("acta.txt", b"  <ScRiPt>", "una página web"),
        ("acta.pdf", SAMPLES["a.docx"], "dice ser PDF y por dentro es Word"),
        ("acta.docx", SAMPLES["a.xlsx"], "dice ser Word y por dentro es Excel"),
        ("acta.doc", SAMPLES["a.xls"], "dice ser Word 97-2003 y por dentro es Excel 97-2003"),
        ("foto.png", SAMPLES["a.jpg"], "dice ser imagen PNG y por dentro es imagen JPEG"),
        ("datos.csv", SAMPLES["a.json"].replace(b" {", b"\0{"), "no reconocemos"),
        ("datos.json", b"clave;valor", "dice ser JSON y por dentro es texto"),
        ("acta", b"Rar!\x1a\x07\0" + b"\0" * 60, "RAR"),
        ("acta.pdf", b"{\\rtf1 hola", "RTF"),
        ("acta.pdf", b"\x01\x02\x03\x04", "no reconocemos"),
        ("instalar.exe", pdf(), "«.exe» pueden ejecutar programas"),
        ("pagina.HTML", b"hola", "pueden ejecutar"),
        ("acta.pdf", b"", "está vacío"),
        ("acta.docx", office("word", **{"word/vbaProject.bin": b"x"}), "macros"),
        ("acta.doc", ole("WordDocument", "_VBA_PROJECT"), "macros"),
        (
            "acta.odt",
            packed({"mimetype": b"application/vnd.oasis.opendocument.text", "Basic/a.xml": b""}),
            "macros",
        ),
        ("acta.docx", ole("EncryptedPackage"), "contraseña"),
        ("acta.msg", ole("__nameid"), "no reconocemos"),
        ("todo.zip", packed({"a.pdf": b"", "x/Instalar.EXE": b""}), "trae un programa"),
        ("todo.zip", packed({}), "vacío"),
        ("todo.zip", packed({"a": b"x"})[:-10], "dañado"),
        ("todo.zip", b"PK\3\4" + b"\0" * 100, "dañado"),
    ],
)
def test_what_we_do_not_take_is_refused_in_words(name: str, body: bytes, why: str) -> None:
    with pytest.raises(RefusedFileError) as refusal:
        recognise(name, io.BytesIO(body))
    assert why in refusal.value.detail


def test_an_archive_that_says_it_has_very_many_entries_is_not_read() -> None:
    body = bytearray(packed({"a": b"x"}))
    at = body.rfind(b"PK\5\6")
    body[at + 10 : at + 16] = struct.pack("<HI", 65535, 2**31)
    with pytest.raises(RefusedFileError, match="divídelo"):
        recognise("todo.zip", io.BytesIO(bytes(body)))


def test_archives_are_never_unpacked() -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", b"0" * 10**8)
    assert recognise("bomba.zip", body).format.label.endswith("ZIP")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (pdf().replace(b"/Size", b"/Encrypt 5 0 R /Size"), "protegido"),
        (pdf().replace(b"%%EOF", b""), "incompleto"),
    ],
)
def test_a_pdf_that_may_not_open_is_taken_with_advice(body: bytes, why: str) -> None:
    (advice,) = recognise("acta.pdf", io.BytesIO(body)).advice
    assert why in advice


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("Año".encode(), "utf-8"),
        (b"plain", "utf-8"),
        ("Año".encode("cp1252"), "windows-1252"),
        ("Año".encode("utf-16"), "utf-16"),
        (b"x" * 8191 + "ñ".encode() + b"y", "utf-8"),
        (b"x" * 8190 + "ñ".encode() + b"y", "utf-8"),
    ],
)
def test_a_text_is_served_in_the_charset_it_was_written_in(body: bytes, charset: str) -> None:
    assert recognise("a.txt", io.BytesIO(body)).media_type == f"text/plain; charset={charset}"
